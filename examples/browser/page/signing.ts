import type { PresignedTransportOptions } from '@oss-envelope/transport-fetch';
import { askServer } from './server-calls.js';

/** Asks the server of the page to sign a request. It sees names, sizes and envelopes, and neither content nor keys. */
export const sign: PresignedTransportOptions['sign'] = async (request, { signal }) => {
  const answer = await askServer('/sign', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal,
  });
  return answer.json();
};
