/** What a request takes that streams its body. */
export interface StreamInit {
  /** `duplex` is in the Fetch standard, but not yet in TypeScript's declarations of it. */
  readonly duplex: 'half';
  readonly redirect: 'error' | 'manual';
}

/** A body as fetch takes it. */
export interface BodyToSend {
  readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null;
  readonly contentLength: number | undefined;
  /** What the wait for the answer gets on top, since fetch does not show a body of bytes moving, in milliseconds. */
  readonly graceMs: number;
  /** What else a request takes whose body this is. */
  readonly init?: StreamInit;
  /** Whether all of it was handed to fetch. */
  isSent(): boolean;
}
