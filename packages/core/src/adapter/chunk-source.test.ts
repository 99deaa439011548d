import { describe, expect, it } from 'vitest';
import { ChunkSource } from './chunk-source.js';

/** A source that uses one buffer again and again, and tells what happened to it. */
function source(sizes: readonly number[], failure?: Error) {
  const seen = { asked: 0, left: false };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const buffer = Buffer.alloc(16);
    try {
      for (const size of sizes) {
        seen.asked++;
        buffer.fill(seen.asked);
        yield buffer.subarray(0, size);
        buffer.fill(0);
      }
      if (failure) throw failure;
    } finally {
      seen.left = true;
    }
  }
  return { seen, chunks: chunks() };
}

async function taken(chunks: AsyncIterable<Uint8Array>): Promise<number[]> {
  const all: number[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}

describe('ChunkSource', () => {
  it.each([5, undefined])('gives chunks that are not empty, of the size %s', async (sizeBytes) => {
    const { chunks } = source([0, 2, 0, 3, 0]);
    expect(await taken(new ChunkSource({ kind: 'chunks', sizeBytes, chunks }))).toEqual([2, 2, 4, 4, 4]);
  });

  it('keeps the first failure of its source', async () => {
    const failure = new Error('source');
    const { chunks } = source([2], failure);
    const body = new ChunkSource({ kind: 'chunks', sizeBytes: undefined, chunks });
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    expect(body.failure).toBeUndefined();
    await expect(iterator.next()).rejects.toBe(failure);
    expect(body.failure).toEqual({ error: failure });
  });

  it.each([4, 6])('refuses an announced size of %i when it is 5', async (sizeBytes) => {
    const { chunks } = source([2, 3]);
    await expect(taken(new ChunkSource({ kind: 'chunks', sizeBytes, chunks }))).rejects.toThrow(
      'body.sizeBytes',
    );
  });

  it('gives the last chunk only when the source has ended well', async () => {
    const failure = new Error('late');
    const { chunks } = source([2, 3], failure);
    const iterator = new ChunkSource({ kind: 'chunks', sizeBytes: 5, chunks })[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(Buffer.from([1, 1]));
    await expect(iterator.next()).rejects.toBe(failure);
  });

  it('stays whole for another try until a chunk was asked for', async () => {
    const { seen, chunks } = source([5]);
    const body = new ChunkSource({ kind: 'chunks', sizeBytes: 5, chunks });
    await body[Symbol.asyncIterator]().return?.();
    expect(body.isStarted).toBe(false);
    expect(await taken(body)).toEqual([1, 1, 1, 1, 1]);
    expect(body.isStarted).toBe(true);
    expect(seen.asked).toBe(1);
  });

  it('leaves its source when a try that has begun is left, or at the end of the call', async () => {
    const begun = source([1, 1]);
    const iterator = new ChunkSource({ kind: 'chunks', sizeBytes: 2, chunks: begun.chunks })[
      Symbol.asyncIterator
    ]();
    await iterator.next();
    await iterator.return?.();
    expect(begun.seen.left).toBe(true);
    const { chunks } = source([1]);
    const unused = new ChunkSource({ kind: 'chunks', sizeBytes: 1, chunks });
    await unused.release();
    expect(await taken(chunks)).toEqual([]);
  });

  it('refuses what is no Uint8Array, without showing it', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield 'secret' as never;
    }
    const body = new ChunkSource({ kind: 'chunks', sizeBytes: 6, chunks: chunks() });
    await expect(taken(body)).rejects.toThrow('body.chunks must give Uint8Arrays');
  });
});
