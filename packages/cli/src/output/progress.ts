import type { OnProgress } from '@oss-envelope/core';
import type { Printer } from './printer.js';

/** A bar on standard error while something runs; nothing where no terminal is. */
export interface ProgressBar {
  /** For the transfer of one object. */
  readonly onProgress: OnProgress | undefined;
  stop(): void;
}

const mebibyte = 1024 * 1024;

/** Shows how much of an object has been transferred. */
export async function transferBar(printer: Printer, label: string): Promise<ProgressBar> {
  if (!printer.showsProgress) return { onProgress: undefined, stop: () => {} };
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar({
    format: `${label} [{bar}] {mib} MiB  {eta_formatted}`,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let isStarted = false;
  return {
    onProgress({ transferredBytes, totalBytes }) {
      const mib = (transferredBytes / mebibyte).toFixed(1);
      if (isStarted) bar.update(transferredBytes, { mib });
      else bar.start(totalBytes ?? 0, transferredBytes, { mib });
      isStarted = true;
    },
    stop() {
      if (isStarted) bar.stop();
    },
  };
}

/** Counts objects as they are done. */
export interface CountBar {
  add(): void;
  stop(): void;
}

/** Shows how many objects are done, of a number that is not known beforehand. */
export async function countBar(printer: Printer, label: string): Promise<CountBar> {
  if (!printer.showsProgress) return { add: () => {}, stop: () => {} };
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar({
    format: `${label} {value}  {duration_formatted}`,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  bar.start(0, 0);
  return { add: () => bar.increment(), stop: () => bar.stop() };
}
