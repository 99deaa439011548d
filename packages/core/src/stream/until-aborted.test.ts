import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilAborted } from './until-aborted.js';

const reason = new Error('enough');

/** Chunks that are given by hand. */
class Source implements AsyncIterable<number> {
  returned = 0;
  readonly waiting: PromiseWithResolversLike[] = [];

  [Symbol.asyncIterator](): AsyncIterator<number> {
    return {
      next: () => new Promise((resolve, reject) => this.waiting.push({ resolve, reject })),
      return: async () => {
        this.returned++;
        return { done: true, value: undefined };
      },
    };
  }

  give(value: number): void {
    this.waiting.shift()?.resolve({ done: false, value });
  }
}

interface PromiseWithResolversLike {
  resolve(result: IteratorResult<number>): void;
  reject(error: unknown): void;
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** What the process said meanwhile, which it must not. */
let said: unknown[];
const hear = (what: unknown): void => void said.push(what);
beforeEach(() => {
  said = [];
  process.on('warning', hear);
  process.on('unhandledRejection', hear);
});
afterEach(async () => {
  await setImmediate();
  process.off('warning', hear);
  process.off('unhandledRejection', hear);
  expect(said).toEqual([]);
});

describe('an iteration until the signal aborts', () => {
  it('is the source itself without a signal', () => {
    const source = new Source();
    expect(untilAborted(source, undefined)).toBe(source);
  });

  it('hands on all, with one listener, which goes when the source has ended', async () => {
    const { signal } = new AbortController();
    const seen: [number, number][] = [];
    async function* three(): AsyncGenerator<number> {
      yield* [1, 2, 3];
    }
    for await (const value of untilAborted(three(), signal)) seen.push([value, listeners(signal)]);
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    expect(listeners(signal)).toBe(0);
  });

  it('ends the wait for a chunk that never comes, and tells the source', async () => {
    const controller = new AbortController();
    const source = new Source();
    const iterator = untilAborted(source, controller.signal)[Symbol.asyncIterator]();
    const waiting = iterator.next();
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(iterator.next()).rejects.toBe(reason);
    expect(source.returned).toBe(1);
    expect(listeners(controller.signal)).toBe(0);
    // The source fails after that: nobody hears of it.
    source.waiting[0]?.reject(new Error('late'));
  });

  it('does not ask a source that has not been asked when the signal is aborted', async () => {
    const source = new Source();
    const iterator = untilAborted(source, AbortSignal.abort(reason))[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toBe(reason);
    expect(source.waiting).toHaveLength(0);
  });

  it('ends between two chunks', async () => {
    const controller = new AbortController();
    const source = new Source();
    const iterator = untilAborted(source, controller.signal)[Symbol.asyncIterator]();
    const first = iterator.next();
    source.give(1);
    expect(await first).toEqual({ done: false, value: 1 });
    controller.abort(reason);
    expect(source.returned).toBe(1);
    await expect(iterator.next()).rejects.toBe(reason);
    await iterator.return?.();
    expect(source.returned).toBe(1);
  });

  it("rejects with the source's own failure, and lets go of the signal", async () => {
    const controller = new AbortController();
    const source = new Source();
    const failure = new Error('broken');
    const waiting = untilAborted(source, controller.signal)[Symbol.asyncIterator]().next();
    source.waiting[0]?.reject(failure);
    await expect(waiting).rejects.toBe(failure);
    expect(listeners(controller.signal)).toBe(0);
    controller.abort(reason);
    expect(source.returned).toBe(0);
  });

  it('lets go of the signal and of the source when it is left early', async () => {
    const { signal } = new AbortController();
    const source = new Source();
    const iteration = (async () => {
      for await (const _ of untilAborted(source, signal)) break;
    })();
    source.give(1);
    await iteration;
    expect(source.returned).toBe(1);
    expect(listeners(signal)).toBe(0);
  });

  it('hears nothing of a source that fails to end', async () => {
    const controller = new AbortController();
    const failing: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => Promise.reject(new Error('no end')),
      }),
    };
    const throwing: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => {
          throw new Error('no end');
        },
      }),
    };
    const waiting = [throwing, failing].map((source) =>
      untilAborted(source, controller.signal)[Symbol.asyncIterator]().next(),
    );
    controller.abort(reason);
    await Promise.all(waiting.map((each) => expect(each).rejects.toBe(reason)));
  });

  it('may be one of fifty with the same signal, without a warning', async () => {
    const controller = new AbortController();
    const sources = Array.from({ length: 50 }, () => new Source());
    const waiting = sources.map((source) =>
      untilAborted(source, controller.signal)[Symbol.asyncIterator]().next(),
    );
    await setImmediate();
    expect(listeners(controller.signal)).toBe(1);
    controller.abort(reason);
    for (const result of await Promise.allSettled(waiting)) expect(result).toMatchObject({ reason });
    expect(sources.every(({ returned }) => returned === 1)).toBe(true);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('takes results that are not promised, as for await does', async () => {
    let left = 2;
    const chunks = {
      [Symbol.asyncIterator]: () => ({
        next: () => (left-- > 0 ? { done: false, value: left } : { done: true }),
      }),
    } as unknown as AsyncIterable<number>;
    const seen: number[] = [];
    for await (const chunk of untilAborted(chunks, new AbortController().signal)) seen.push(chunk);
    expect(seen).toEqual([1, 0]);
  });
});
