/** How far a transfer is. */
export interface Progress {
  /** Bytes handed on so far. */
  readonly transferredBytes: number;
  /** All bytes of the transfer; undefined when it is not known yet. */
  readonly totalBytes: number | undefined;
}

/** Hears of a transfer's progress, after each chunk. What it throws fails the transfer. */
export type OnProgress = (progress: Progress) => void;

/** Hands chunks on and tells `onProgress` of each, and once of an empty transfer. */
export async function* reportProgress(
  chunks: AsyncIterable<Uint8Array>,
  totalBytes: number | undefined,
  onProgress: OnProgress,
): AsyncGenerator<Uint8Array> {
  let transferredBytes = 0;
  for await (const chunk of chunks) {
    transferredBytes += chunk.length;
    onProgress({ transferredBytes, totalBytes });
    yield chunk;
  }
  if (transferredBytes === 0) onProgress({ transferredBytes, totalBytes: 0 });
}
