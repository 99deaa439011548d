import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket } from '../index.js';
import { limitReader } from './reader-limit.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
let memory: MemoryTransport;
let bucket: EncryptedBucket;

beforeEach(async () => {
  memory = new MemoryTransport();
  memory.chunkBytes = 40_000;
  bucket = new EncryptedBucket({ transport: memory, provider: toyProvider(1), format: 'oss-crypto' });
  await bucket.put('k', new Uint8Array(400_000));
});

describe('a reader that asks for nothing for too long', () => {
  it('gives the connection up, and is told', async () => {
    const object = await bucket.get('k', { readerTimeoutMs: 50 });
    const iterator = object.chunks()[Symbol.asyncIterator]();
    await iterator.next();
    await pause(30);
    await iterator.next();
    expect(memory.cancelled).toBe(0);
    await pause(100);
    expect(memory.cancelled).toBe(1);
    await expect(iterator.next()).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      operation: 'read',
      message: expect.stringContaining('readerTimeoutMs'),
    });
  });

  it('which never began', async () => {
    const object = await bucket.get('k', { readerTimeoutMs: 20 });
    await pause(60);
    expect(memory.cancelled).toBe(1);
    await expect(object.bytes()).rejects.toThrow(/readerTimeoutMs/);
  });

  it('which is a pipe to who went away', async () => {
    const object = await bucket.get('k', { readerTimeoutMs: 30 });
    const source = Readable.from(object.chunks());
    source.on('error', () => {});
    // Its other end never reads: what `pipe` does with a client that is gone.
    source.pipe(new PassThrough({ highWaterMark: 1 }));
    await expect.poll(() => memory.cancelled).toBe(1);
  });
});

describe('a reader in time', () => {
  it('reads all', async () => {
    const object = await bucket.get('k', { readerTimeoutMs: 1000 });
    expect(await object.bytes()).toHaveLength(400_000);
  });

  it('does not pay for a slow network', async () => {
    const { spoil } = memory;
    memory.spoil = (response) => ({
      ...spoil(response),
      chunks: (async function* () {
        for await (const chunk of response.chunks) {
          await pause(15);
          yield chunk;
        }
      })(),
    });
    expect(await (await bucket.get('k', { readerTimeoutMs: 10 })).bytes()).toHaveLength(400_000);
  });

  it('is refused a limit that is none', async () => {
    await expect(bucket.get('k', { readerTimeoutMs: 0 })).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  });
});

describe('the limit of a reader', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Two chunks, and what became of them. */
  function held(failure?: Error) {
    const seen = { cancelled: 0, ended: 0 };
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        yield Uint8Array.of(1);
        if (failure !== undefined) throw failure;
        yield Uint8Array.of(2);
      } finally {
        seen.ended++;
      }
    }
    const limited = limitReader({ chunks: chunks(), cancel: async () => void seen.cancelled++ }, 1000);
    return { seen, limited, iterator: limited.chunks[Symbol.asyncIterator]() };
  }

  it('is there from the beginning, and begins anew with each chunk', async () => {
    const { seen, iterator } = held();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(999);
    expect((await iterator.next()).value).toEqual(Uint8Array.of(1));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(999);
    expect(seen).toEqual({ cancelled: 0, ended: 0 });
    vi.advanceTimersByTime(1);
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
    expect(seen).toEqual({ cancelled: 1, ended: 1 });
  });

  it('does not hold while a chunk is awaited', async () => {
    const { iterator, seen } = held();
    const next = iterator.next();
    expect(vi.getTimerCount()).toBe(0);
    await next;
    expect(vi.getTimerCount()).toBe(1);
    expect(seen.cancelled).toBe(0);
  });

  it('ends with the content', async () => {
    const { iterator, seen } = held();
    await iterator.next();
    await iterator.next();
    expect(vi.getTimerCount()).toBe(1);
    expect(await iterator.next()).toMatchObject({ done: true });
    expect(vi.getTimerCount()).toBe(0);
    expect(await iterator.next()).toMatchObject({ done: true });
    expect(vi.getTimerCount()).toBe(0);
    expect(seen).toEqual({ cancelled: 0, ended: 1 });
  });

  it('ends with its failure', async () => {
    const failure = new Error('broken');
    const { iterator } = held(failure);
    await iterator.next();
    await expect(iterator.next()).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends when the content is left, or cancelled', async () => {
    const left = held();
    await left.iterator.next();
    expect(await left.iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(left.seen).toEqual({ cancelled: 0, ended: 1 });
    expect(await left.iterator.next()).toMatchObject({ done: true });
    expect(vi.getTimerCount()).toBe(0);
    const cancelled = held();
    await cancelled.limited.cancel();
    expect(vi.getTimerCount()).toBe(0);
    expect(cancelled.seen.cancelled).toBe(1);
  });
});

describe('an iterator that keeps to fewer rules', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const limited = (iterator: Partial<AsyncIterator<Uint8Array>>) => {
    const chunks = { [Symbol.asyncIterator]: () => iterator as AsyncIterator<Uint8Array> };
    let cancelled = 0;
    const content = { chunks, cancel: async () => void cancelled++ };
    return {
      own: limitReader(content, 1000).chunks[Symbol.asyncIterator](),
      cancelled: () => cancelled,
    };
  };
  const result = { done: false, value: Uint8Array.of(1) } as const;

  it('need not have a way to end', async () => {
    const { own, cancelled } = limited({ next: async () => result });
    await own.next();
    vi.advanceTimersByTime(1000);
    expect(cancelled()).toBe(1);
    expect(await own.return?.()).toEqual({ done: true, value: undefined });
  });

  it('has no limit any more when it has failed or was left', async () => {
    let failures = 1;
    const { own } = limited({
      next: async () => {
        if (failures-- > 0) throw new Error('broken');
        return result;
      },
      return: async () => ({ done: true, value: undefined }),
    });
    await expect(own.next()).rejects.toThrow('broken');
    await own.next();
    expect(vi.getTimerCount()).toBe(0);
    const left = limited({ next: async () => result });
    await left.own.return?.();
    await left.own.next();
    expect(vi.getTimerCount()).toBe(0);
  });
});
