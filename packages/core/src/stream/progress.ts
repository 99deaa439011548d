/** How far a transfer is. */
export interface Progress {
  /** Bytes of plaintext so far. The number never goes back, even when something is sent or fetched again. */
  readonly transferredBytes: number;
  /** All bytes of plaintext in the transfer; undefined when it is not known yet. */
  readonly totalBytes: number | undefined;
}

/**
 * Called with the progress of a transfer: at most every 512 KiB or 100 ms, and at the end. If it throws, the transfer
 * fails with the same error.
 */
export type OnProgress = (progress: Progress) => void;

const stepBytes = 512 * 1024;
const stepMs = 100;

/** The progress of a transfer. Its parts may report often, or twice; the caller is called less often, and in order. */
export interface SteadyProgress {
  readonly onProgress: OnProgress;
  /** Call it when the transfer has succeeded. It reports what was not reported yet. */
  readonly end: () => void;
}

/**
 * Reports progress to a caller. It never goes back, and is not reported for every small chunk.
 *
 * @param now - a clock, in milliseconds
 */
export function steadyProgress(
  tell: OnProgress | undefined,
  now: () => number = () => performance.now(),
): SteadyProgress | undefined {
  if (tell === undefined) return undefined;
  let latest: Progress | undefined;
  let toldBytes = -1;
  let toldAtMs = now();
  const tellLatest = (): void => {
    if (latest === undefined || latest.transferredBytes <= toldBytes) return;
    toldBytes = latest.transferredBytes;
    toldAtMs = now();
    tell(latest);
  };
  return {
    onProgress(progress) {
      if (latest !== undefined && progress.transferredBytes < latest.transferredBytes) return;
      latest = progress;
      const { transferredBytes, totalBytes } = progress;
      const isDue = transferredBytes - Math.max(toldBytes, 0) >= stepBytes || now() - toldAtMs >= stepMs;
      if (transferredBytes === totalBytes || isDue) tellLatest();
    },
    end: tellLatest,
  };
}
