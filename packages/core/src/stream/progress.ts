/** How far a transfer is. */
export interface Progress {
  /** Bytes of plaintext handed on so far. It never goes back, also when something is sent or fetched again. */
  readonly transferredBytes: number;
  /** All bytes of plaintext in the transfer; undefined when it is not known yet. */
  readonly totalBytes: number | undefined;
}

/**
 * Hears of a transfer's progress: as it moves, at most every 512 KiB or 100 ms, and at its end. What it throws fails the
 * transfer.
 */
export type OnProgress = (progress: Progress) => void;

const stepBytes = 512 * 1024;
const stepMs = 100;

/** A transfer's progress as its parts tell of it, often or twice, and as the caller hears of it. */
export interface SteadyProgress {
  readonly onProgress: OnProgress;
  /** The transfer is at its end, and well: tells what was not told yet. */
  readonly end: () => void;
}

/**
 * Tells a caller of progress that only goes on, and not for every small chunk.
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
