import type { PresignedTransportOptions } from '@oss-envelope/transport-fetch';

/** The server did not sign a request; `status` is undefined where it was not reached. */
export class SigningError extends Error {
  override readonly name = 'SigningError';

  readonly status: number | undefined;

  constructor(status: number | undefined, message: string) {
    super(message);
    this.status = status;
  }
}

/** Asks the server of the page to sign a request. It sees names, sizes and envelopes, and neither content nor keys. */
export const sign: PresignedTransportOptions['sign'] = async (request, { signal }) => {
  const answer = await fetch('/sign', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal,
  }).catch((error) => {
    if (signal.aborted) throw error;
    throw new SigningError(undefined, String(error));
  });
  if (!answer.ok) throw new SigningError(answer.status, await answer.text());
  return answer.json();
};
