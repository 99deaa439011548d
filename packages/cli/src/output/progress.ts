import type { OnProgress } from '@oss-envelope/core';
import stringWidth from 'string-width';
import { printable } from './printable.js';
import type { Printer, TextName } from './printer.js';

/** The last line of a terminal, which shows how far something is. All that is printed meanwhile goes above it. */
export interface ProgressLine {
  /**
   * @param value - how much is done
   * @param payload - the texts of the names in the format
   */
  update(value: number, payload: Readonly<Record<string, string | number>>): void;
  stop(): void;
}

/**
 * Shows a line on standard error while something runs. Of several at once a terminal has no room for, so there is one.
 *
 * @param format - with names in braces, whose texts are given with each value. What comes from elsewhere is never a part of it
 * @param total - of the values; 0 where it is not known
 * @returns undefined where no terminal is
 */
export async function progressLine(
  printer: Printer,
  format: string,
  total: number,
  payload: Readonly<Record<string, string | number>>,
): Promise<ProgressLine | undefined> {
  if (!printer.showsProgress) return undefined;
  const { default: progress } = await import('cli-progress');
  const { stderr } = process;
  // Of the two kinds of bars in the library, the one that draws where the cursor is now, and not where it once was.
  const bars = new progress.MultiBar({
    format,
    hideCursor: true,
    clearOnComplete: true,
    forceRedraw: true,
    stream: stderr,
  });
  const bar = bars.create(total, 0, payload);
  const remove = printer.keepBelow({
    // Lines of results are longer than a terminal at times, and the bar has switched wrapping off.
    clear: () => stderr.write('\r\x1b[2K\x1b[?7h'),
    draw: () => {
      stderr.write('\x1b[?7l');
      bars.update();
    },
  });
  bars.update();
  const stop = (): void => {
    process.off('exit', stop);
    remove();
    bars.stop();
  };
  // A program that is ended at once must leave a terminal that wraps lines and has a cursor.
  process.once('exit', stop);
  return { update: (value, texts) => bar.update(value, texts), stop };
}

/** What tells of one transfer; nothing where no terminal is. */
export interface ProgressBar {
  readonly onProgress: OnProgress | undefined;
  stop(): void;
}

const noBar: ProgressBar = { onProgress: undefined, stop: () => {} };

const mebibyte = 1024 * 1024;
const mebibytes = (sizeBytes: number): string => (sizeBytes / mebibyte).toFixed(1);

/**
 * Shows how much of an object has been transferred.
 *
 * @param name - of a file, which may come from the bucket
 */
export async function transferBar(printer: Printer, name: string, totalBytes: number): Promise<ProgressBar> {
  const label = shortened(printable(name), 40);
  const line = await progressLine(printer, '{label} [{bar}] {mib} MiB  {eta_formatted}', totalBytes, {
    label,
    mib: mebibytes(0),
  });
  if (line === undefined) return noBar;
  return {
    onProgress: ({ transferredBytes }) => line.update(transferredBytes, { mib: mebibytes(transferredBytes) }),
    stop: () => line.stop(),
  };
}

/** Counts objects as they are done. */
export interface CountBar {
  add(): void;
  /** Tells of the transfer of one of them. */
  transfer(): ProgressBar;
  stop(): void;
}

/**
 * Shows how many objects are done, of a number that is not known beforehand.
 *
 * @param showsSize - shows how much was transferred too
 */
export async function countBar(
  printer: Printer,
  label: TextName,
  { showsSize = false }: { readonly showsSize?: boolean | undefined } = {},
): Promise<CountBar> {
  const size = showsSize ? '  {mib} MiB' : '';
  const line = await progressLine(printer, `{label} {value}${size}  {duration_formatted}`, 0, {
    label: printer.text(label),
    mib: mebibytes(0),
  });
  if (line === undefined) return { add: () => {}, transfer: () => noBar, stop: () => {} };
  let count = 0;
  let sizeBytes = 0;
  const show = (): void => line.update(count, { mib: mebibytes(sizeBytes) });
  return {
    add() {
      count++;
      show();
    },
    transfer() {
      let beforeBytes = 0;
      return {
        onProgress({ transferredBytes }) {
          sizeBytes += transferredBytes - beforeBytes;
          beforeBytes = transferredBytes;
          show();
        },
        stop: () => {},
      };
    },
    stop: () => line.stop(),
  };
}

/** A text that takes at most so many columns of a terminal. */
function shortened(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let short = '';
  for (const character of text) {
    if (stringWidth(short + character) >= columns) break;
    short += character;
  }
  return `${short}…`;
}
