import { once } from 'node:events';
import type { Ending } from './ending.js';

/**
 * Waits until standard output has room: what a slow reader has not taken yet must not pile up in memory. Returns when the
 * reader is gone, too.
 *
 * @throws the reason of `signal`; an error of the output
 */
export async function outputRoom({
  signal,
  outputClosed,
}: Pick<Ending, 'signal' | 'outputClosed'>): Promise<void> {
  signal.throwIfAborted();
  if (outputClosed.aborted || !process.stdout.writableNeedDrain) return;
  try {
    await once(process.stdout, 'drain', { signal: AbortSignal.any([signal, outputClosed]) });
  } catch (error) {
    signal.throwIfAborted();
    if (!outputClosed.aborted) throw error;
  }
}
