import type { Ending } from './ending.js';

/** What a question of Inquirer is asked with. */
export interface PromptContext {
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/**
 * Asks something on the terminal. Whoever ends the question instead of answering it, by Ctrl-C or Ctrl-D, interrupts the
 * program: a terminal in raw mode sends no signal for the one, and the other would end the process as if all were done.
 *
 * @throws the reason of the signal, which is aborted then
 */
export async function prompted<T>(
  { signal, interrupt }: Pick<Ending, 'signal' | 'interrupt'>,
  ask: (context: PromptContext) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const closing = new AbortController();
  const onNothingLeft = (): void => closing.abort();
  process.once('beforeExit', onNothingLeft);
  try {
    return await ask({ output: process.stderr, signal: AbortSignal.any([signal, closing.signal]) });
  } catch (error) {
    const isClosed = error instanceof Error && error.name === 'ExitPromptError';
    if (isClosed || closing.signal.aborted) interrupt();
    signal.throwIfAborted();
    throw error;
  } finally {
    process.off('beforeExit', onNothingLeft);
  }
}
