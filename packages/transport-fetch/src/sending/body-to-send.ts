/** A body as fetch takes it. */
export interface BodyToSend {
  readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null;
  readonly contentLength: number | undefined;
  /** What the wait for the answer gets on top, since fetch does not show a body of bytes moving, in milliseconds. */
  readonly graceMs: number;
  /** Whether all of it was handed to fetch. */
  isSent(): boolean;
}
