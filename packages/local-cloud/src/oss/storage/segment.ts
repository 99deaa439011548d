/**
 * A run of stored bytes that never changes. Bodies are lists of segments, so that parts need not be copied when
 * an upload is completed. Several bodies may hold the same one. Each holder retains it and releases it once.
 */
export interface Segment {
  readonly sizeBytes: number;
  /** Name of the file that holds the bytes, for bodies that outlive the process. */
  readonly fileName?: string;
  /** True when the bytes were thrown away and cannot be read. */
  readonly discarded?: boolean;
  /**
   * Yields the bytes [startBytes, endBytes) in order.
   * A chunk is valid until the chunk after the next one is asked for.
   */
  read(startBytes: number, endBytes: number): AsyncIterable<Uint8Array>;
  /** Adds a holder. */
  retain(): void;
  /** Takes a holder away; the bytes go when the last one has gone. */
  release(): void;
}

/** Takes in a body of unknown length; ends in exactly one of {@link commit} or {@link discard}. */
export interface SegmentSink {
  /** Takes the chunk over. A promise asks the caller to wait before the next chunk (back-pressure). */
  write(chunk: Uint8Array): undefined | Promise<void>;
  /** The written bytes as a segment with one holder. */
  commit(): Promise<Segment>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/** Where bodies are kept. */
export interface SegmentStore {
  /** Starts a new segment. */
  open(): Promise<SegmentSink>;
  /** The segment in a file that an earlier process left, with one holder; `undefined` when it is not there. */
  reopen?(fileName: string, sizeBytes: number): Promise<Segment | undefined>;
  /** Waits for pending deletions. */
  close(): Promise<void>;
}
