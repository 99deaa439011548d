import { OutOfRangeError } from '@oss-envelope/core';
import { describe, expect, it, vi } from 'vitest';
import { collect, streamOfChunks, tooLarge } from './chunk-body.js';
import { Exchange } from './exchange.js';

async function* chunksOf(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const [index, size] of sizes.entries()) yield new Uint8Array(size).fill(index + 1);
}
const exchange = (): Exchange => new Exchange(undefined, 60_000);

async function read(body: BodyInit | null): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) found.push(next.value);
  return found;
}

describe('chunks as a stream', () => {
  it('are handed on as copies, and the body is sent with the last of them', async () => {
    const own = [new Uint8Array([1, 2]), new Uint8Array([3])];
    const sent = streamOfChunks(
      (async function* () {
        yield* own;
      })(),
      3,
      exchange(),
    );
    expect([sent.contentLength, sent.isSent()]).toEqual([3, false]);
    // A stream is half-duplex, as the Fetch standard asks, and follows no redirect: fetch would keep all of it for one.
    expect(sent.init).toEqual({ duplex: 'half', redirect: 'error' });
    const found = await read(sent.body);
    expect(found).toEqual(own);
    expect(found[0]?.buffer).not.toBe(own[0]?.buffer);
    expect(sent.isSent()).toBe(true);
  });

  it('whose number is not known end with their source', async () => {
    const sent = streamOfChunks(chunksOf(2, 3), undefined, exchange());
    expect(await read(sent.body)).toHaveLength(2);
    expect(sent.isSent()).toBe(true);
  });

  it('of a source that fails break the stream off, which never only ends', async () => {
    const failure = new Error('the disk is gone');
    const failing = (async function* () {
      yield new Uint8Array(2);
      throw failure;
    })();
    const own = exchange();
    const sent = streamOfChunks(failing, 5, own);
    await expect(read(sent.body)).rejects.toBe(failure);
    expect(sent.isSent()).toBe(false);
    expect(() => own.throwIfFailed()).toThrow(failure);
  });

  it('are asked for one at a time, and no more when all bytes are there', async () => {
    let asked = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: ++asked > 2, value: new Uint8Array(2) }) }),
    };
    const reader = (streamOfChunks(source, 4, exchange()).body as ReadableStream<Uint8Array>).getReader();
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(asked).toBe(0);
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(asked).toBe(1);
    await reader.read();
    expect((await reader.read()).done).toBe(true);
    expect(asked).toBe(2);
  });

  it('do not count as the silence of the network while they are waited for', async () => {
    const own = exchange();
    const calls: string[] = [];
    own.pause = () => void calls.push('pause');
    own.resume = () => void calls.push('resume');
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          calls.push('next');
          return { done: false, value: new Uint8Array(2) };
        },
      }),
    };
    await read(streamOfChunks(source, 4, own).body);
    expect(calls).toEqual(['pause', 'next', 'resume', 'pause', 'next', 'resume']);
  });

  it('that come after the exchange has failed are not handed on', async () => {
    const failure = new Error('over');
    const own = exchange();
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          own.fail(failure);
          return { done: false, value: new Uint8Array(2) };
        },
      }),
    };
    const sent = streamOfChunks(source, 2, own);
    await expect(read(sent.body)).rejects.toBe(failure);
    expect(sent.isSent()).toBe(false);
  });

  it.each([
    ['a chunk', false],
    ['the end', true],
  ])('may give %s after fetch has closed the stream', async (_what, done) => {
    const own = exchange();
    let give: ((result: { done: boolean; value: Uint8Array }) => void) | undefined;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise<{ done: boolean; value: Uint8Array }>((resolve) => {
            give = resolve;
          }),
      }),
    };
    const sent = streamOfChunks(source as never, 2, own);
    const reader = (sent.body as ReadableStream<Uint8Array>).getReader();
    const reading = reader.read();
    await vi.waitFor(() => expect(give).toBeDefined());
    await reader.cancel();
    expect((await reading).done).toBe(true);
    give?.({ done, value: new Uint8Array(2) });
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(sent.isSent()).toBe(true);
    own.throwIfFailed();
  });

  it('are not asked for when the exchange has failed', async () => {
    let asked = 0;
    const own = exchange();
    own.fail(new Error('over'));
    const source = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: ++asked }) }) };
    await expect(read(streamOfChunks(source as never, 5, own).body)).rejects.toThrow('over');
    expect(asked).toBe(0);
  });
});

describe('chunks that are collected', () => {
  it('are joined, up to the limit', async () => {
    expect(await collect(chunksOf(2, 1), 3)).toEqual(new Uint8Array([1, 1, 2]));
    await expect(collect(chunksOf(2, 2), 3)).rejects.toThrow(OutOfRangeError);
    expect(tooLarge(3)).toMatchObject({ argument: 'body' });
  });

  it('are copied, since their source may use its memory again', async () => {
    async function* reusing(): AsyncGenerator<Uint8Array> {
      const own = new Uint8Array(2);
      for (const value of [1, 2]) yield own.fill(value);
    }
    expect(await collect(reusing(), 4)).toEqual(new Uint8Array([1, 1, 2, 2]));
  });
});
