import { PassThrough, Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket } from '../index.js';

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
