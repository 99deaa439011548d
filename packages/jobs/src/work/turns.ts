import { unlessAborted } from '@oss-envelope/core/adapter';

/** Lets one work at a time, in the order in which they ask. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Works when all that asked before have ended, however they did.
   *
   * @throws the signal's reason when it is aborted before its turn; what the work throws
   */
  async take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#last;
    let end = (): void => {};
    // Who gives up waiting holds nobody up, and lets nobody pass those before.
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last = before.then(() => ended);
    try {
      await unlessAborted(before, signal);
      signal.throwIfAborted();
      return await work();
    } finally {
      end();
    }
  }
}
