import { onAbort } from './abort-listener.js';

/**
 * Hands chunks on until the signal aborts. The abort also ends the wait for a chunk: a source may never give another.
 * The source is then told to end, but not waited for. Waiting is arranged once for the whole iteration, and a wait is one
 * promise of its own: a race against one that lives long would keep every chunk alive.
 *
 * @throws the signal's reason
 */
export function untilAborted<T>(chunks: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncIterable<T> {
  if (signal === undefined) return chunks;
  return { [Symbol.asyncIterator]: () => iterate(chunks, signal) };
}

function iterate<T>(chunks: AsyncIterable<T>, signal: AbortSignal): AsyncIterator<T> {
  let iterator: AsyncIterator<T> | undefined;
  let stopListening = (): void => {};
  let rejectWait: ((reason: unknown) => void) | undefined;
  let isOver = false;
  const leave = (): void => {
    if (isOver) return;
    isOver = true;
    stopListening();
    // What a source throws or rejects with at its end is nobody's.
    (async () => iterator?.return?.())().catch(() => {});
  };
  const aborted = (): void => {
    rejectWait?.(signal.reason);
    leave();
  };
  const end = (): void => {
    isOver = true;
    stopListening();
  };
  return {
    next() {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (iterator === undefined) {
        iterator = chunks[Symbol.asyncIterator]();
        stopListening = onAbort(signal, aborted);
      }
      const { next } = iterator;
      return new Promise((resolve, reject) => {
        rejectWait = reject;
        // One that gives a result instead of a promise can be iterated too (ECMA-262, Await).
        Promise.resolve(next.call(iterator)).then(
          (result) => {
            if (result.done) end();
            resolve(result);
          },
          (error: unknown) => {
            end();
            reject(error);
          },
        );
      });
    },
    async return() {
      leave();
      return { done: true, value: undefined };
    },
  };
}
