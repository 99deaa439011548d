import type { SendPresigned } from './transport/transport-subject.js';

/** Sends a presigned request as somebody without credentials would, and reads the answer. */
export async function sendPresigned(
  send: SendPresigned | undefined = (url, init) => globalThis.fetch(url, init),
  ...request: Parameters<SendPresigned>
): Promise<{ readonly status: number; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const response = await send(...request);
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
}
