import { TransportError } from '../errors/errors.js';

/** Content on its way, and how to release what it holds. */
export interface HeldContent {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly cancel: () => Promise<void>;
}

/**
 * The same content, given up when its reader asks for nothing for so long. The connection is then released, and the next
 * read rejects. The time in which a chunk is on its way does not count.
 */
export function limitReader(content: HeldContent, timeoutMs: number): HeldContent {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failure: TransportError | undefined;
  let iterator: AsyncIterator<Uint8Array> | undefined;
  const stop = (): void => clearTimeout(timer);
  const expire = (): void => {
    failure = new TransportError(
      `Nothing was read of the content for ${timeoutMs} ms (readerTimeoutMs), so its connection was released. Get the ` +
        'object again, and read it to its end or discard it.',
      { retryable: false },
    );
    void Promise.allSettled([content.cancel(), iterator?.return?.()]);
  };
  const arm = (): void => {
    stop();
    timer = setTimeout(expire, timeoutMs);
  };
  arm();
  return {
    chunks: {
      [Symbol.asyncIterator]() {
        const own = content.chunks[Symbol.asyncIterator]();
        iterator = own;
        let isOver = false;
        return {
          async next() {
            if (failure !== undefined) throw failure;
            stop();
            try {
              const result = await own.next();
              isOver ||= result.done === true;
              if (!isOver) arm();
              return result;
            } catch (error) {
              isOver = true;
              throw error;
            }
          },
          async return() {
            isOver = true;
            stop();
            await own.return?.();
            return { done: true, value: undefined };
          },
        };
      },
    },
    cancel: () => {
      stop();
      return content.cancel();
    },
  };
}
