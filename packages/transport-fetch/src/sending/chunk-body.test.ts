import { OutOfRangeError } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
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
});
