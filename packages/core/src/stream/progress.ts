/** How far a transfer is. */
export interface Progress {
  /** Bytes of plaintext handed on so far. */
  readonly transferredBytes: number;
  /** All bytes of plaintext in the transfer; undefined when it is not known yet. */
  readonly totalBytes: number | undefined;
}

/** Hears of a transfer's progress. What it throws fails the transfer. */
export type OnProgress = (progress: Progress) => void;
