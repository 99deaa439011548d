/** The server of the page refused, or `status` is undefined and it was not reached. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly status: number | undefined;

  constructor(status: number | undefined, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Calls the server of the page; gives what it answers if that is a success.
 *
 * @throws ServerError, or what the call was aborted with
 */
export async function askServer(path: string, request: RequestInit = {}): Promise<Response> {
  const answer = await fetch(path, request).catch((error) => {
    if (request.signal?.aborted) throw error;
    throw new ServerError(undefined, String(error));
  });
  if (!answer.ok) throw new ServerError(answer.status, await answer.text());
  return answer;
}
