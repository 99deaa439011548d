import type { Readable } from 'node:stream';

/**
 * The chunks of an input that may stay open without another byte, such as a pipe or a terminal. An abort ends the reading at
 * once, and so does whoever wants no more: a read that is under way is waited for by nobody.
 */
export function inputChunks(input: Readable, signal: AbortSignal): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
      return {
        next: () =>
          new Promise((resolve, reject) => {
            const onAbort = (): void => {
              input.destroy();
              reject(signal.reason);
            };
            if (signal.aborted) {
              onAbort();
              return;
            }
            signal.addEventListener('abort', onAbort, { once: true });
            chunks
              .next()
              .then(resolve, reject)
              .finally(() => signal.removeEventListener('abort', onAbort));
          }),
        async return() {
          input.destroy();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
