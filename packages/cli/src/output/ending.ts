import type { Writable } from 'node:stream';

/** Standard output cannot be written to: a full disk, say. A reader that went away is none of these. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** What may end a command before its work is done. */
export interface Ending {
  /** Aborted when the work is to stop, and to leave nothing half-written. */
  readonly signal: AbortSignal;
  /** Aborted when nobody reads standard output any longer. Work that has another purpose goes on. */
  readonly outputClosed: AbortSignal;
  /** Does what a signal does. */
  readonly interrupt: () => void;
}

/** The parts of a process that this needs. */
export interface EndingProcess {
  readonly stdout: Writable;
  readonly stderr: Writable;
  on(name: NodeJS.Signals, listener: () => void): unknown;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long the work may take to clean up after it was told to stop: after the first time, and after the second. */
const cleaningMs: readonly number[] = [30_000, 3000, 0];

/**
 * Watches for what ends a command. A signal aborts the work, which then removes its temporary files and unfinished uploads.
 * A second signal leaves less time for that, and a third none.
 *
 * @param endAtOnce - ends the process when the time is over
 * @param hurry - says, after the second signal, that there is a third
 */
export function watchEnding(
  { stdout, stderr, on }: EndingProcess,
  endAtOnce: () => void,
  hurry: () => void,
): Ending {
  const stop = new AbortController();
  const closing = new AbortController();
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  const stopped = (reason: Error): void => {
    stop.abort(reason);
    const leftMs = cleaningMs[Math.min(count, cleaningMs.length - 1)] as number;
    count++;
    clearTimeout(timer);
    if (leftMs === 0) {
      endAtOnce();
      return;
    }
    if (count > 1) hurry();
    timer = setTimeout(endAtOnce, leftMs);
    timer.unref();
  };
  const interrupt = (): void => stopped(new DOMException('The program was interrupted.', 'AbortError'));
  for (const name of signals) on(name, interrupt);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') closing.abort();
    else if (!stop.signal.aborted) {
      stopped(new OutputError(`standard output cannot be written to (${error.code}).`));
    }
  });
  // There is nobody left to tell.
  stderr.on('error', () => {});
  return { signal: stop.signal, outputClosed: closing.signal, interrupt };
}

/** Waits until a stream has passed on what was written to it; after an abort only for a moment, since nobody may read. */
export async function flushed(
  stream: Writable,
  { signal, outputClosed }: Pick<Ending, 'signal' | 'outputClosed'>,
): Promise<void> {
  if (outputClosed.aborted) return;
  await new Promise<void>((resolve) => {
    const soon = (): void => {
      setTimeout(resolve, 200).unref();
    };
    stream.write('', () => resolve());
    outputClosed.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) setTimeout(resolve, 200);
    else signal.addEventListener('abort', soon, { once: true });
  });
}
