import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import {
  IntegrityError,
  OutOfRangeError,
  RangeNotSatisfiableError,
  TransportError,
} from '../errors/errors.js';
import { EncryptedBucket } from './encrypted-bucket.js';

const plaintext = randomBytes(10_000);
let memory: MemoryTransport;
let provider: ReturnType<typeof toyProvider>;
let bucket: EncryptedBucket;

beforeEach(async () => {
  memory = new MemoryTransport();
  memory.chunkBytes = 997;
  provider = toyProvider(1);
  bucket = new EncryptedBucket({ transport: memory, provider, format: 'oss-crypto', onPlainObject: 'pass' });
  await bucket.put('k', plaintext);
});

const open = (options = {}) => bucket.open('k', { prefetchBytes: 100, ...options });
/** Changes the headers of the answers from now on. */
const answering = (change: (headers: Record<string, string>) => Record<string, string>): void => {
  memory.spoil = (response) => ({ ...response, headers: change({ ...response.headers }) });
};
const same = (a: Uint8Array, b: Uint8Array): void => expect(Buffer.compare(a, b)).toBe(0);

describe('a handle', () => {
  it('opens one envelope and one key for all reads', async () => {
    const handle = await open();
    for (const offset of [0, 50, 100, 5000, 9990]) {
      same(await handle.read(offset, 60), plaintext.subarray(offset, offset + 60));
    }
    expect(provider.unwrapped).toBe(1);
    // What came with the envelope is not asked for again.
    expect(memory.gets.map(({ headers }) => headers.range)).toEqual([
      'bytes=0-99',
      'bytes=50-109',
      'bytes=100-159',
      'bytes=5000-5059',
      'bytes=9990-9999',
    ]);
  });

  it('gives fewer bytes at the end, and none beyond it', async () => {
    const handle = await open();
    expect(await handle.read(9_999, 5)).toHaveLength(1);
    expect(await handle.read(10_000, 5)).toHaveLength(0);
    expect(await handle.read(20_000, 5)).toHaveLength(0);
    expect(await handle.read(0, 0)).toHaveLength(0);
    await expect(handle.read(-1, 5)).rejects.toThrow(OutOfRangeError);
    await expect(handle.read(0, 1.5)).rejects.toThrow(OutOfRangeError);
  });

  it('gives ranges as chunks and as a stream', async () => {
    const handle = await open();
    expect(Buffer.from(await new Response(handle.stream({ lastBytes: 5 })).arrayBuffer())).toEqual(
      plaintext.subarray(-5),
    );
    same(Buffer.from(await new Response(handle.stream()).arrayBuffer()), plaintext);
    expect(() => handle.chunks({ offsetBytes: 10_000 })).toThrow(RangeNotSatisfiableError);
  });

  it('of an empty object', async () => {
    await bucket.put('k', '');
    const handle = await open();
    expect(handle.sizeBytes).toBe(0);
    expect(await handle.read(0, 5)).toHaveLength(0);
    for await (const _ of handle.chunks()) throw new Error('there is nothing');
    await handle.download({ write: async () => {} });
  });
});

describe('one state of the object', () => {
  it('is asked for by its ETag', async () => {
    const handle = await open();
    await handle.read(500, 5);
    expect(memory.gets[1]?.headers['if-match']).toBe(memory.stored().etag);
    await bucket.put('k', plaintext);
    await expect(handle.read(500, 5)).rejects.toThrow(IntegrityError);
    await expect(handle.read(500, 5)).rejects.toThrow(/overwritten/);
  });

  it('is asked for by its version', async () => {
    answering((headers) => ({ ...headers, 'x-oss-version-id': 'v1' }));
    const handle = await open();
    await handle.read(500, 5);
    expect(memory.gets[1]).toMatchObject({ versionId: 'v1' });
    expect(memory.gets[1]?.headers).not.toHaveProperty('if-match');
    const named = await open({ versionId: 'v0' });
    await named.read(500, 5);
    expect(memory.gets.at(-1)).toMatchObject({ versionId: 'v0' });
  });

  it('cannot be told without an ETag and a version', async () => {
    answering(({ etag: _, ...headers }) => headers);
    await expect(open()).rejects.toThrow(TransportError);
    await expect(open()).rejects.toThrow(/CORS/);
    expect(provider.unwrapped).toBe(0);
    expect(memory.cancelled).toBe(2);
    const versioned = await open({ versionId: 'v0' });
    same(await versioned.read(500, 5), plaintext.subarray(500, 505));
  });

  const keyHeader = 'x-oss-meta-oss-crypto-key';
  it.each([
    ['another ETag', (headers: Record<string, string>) => ({ ...headers, etag: '"other"' })],
    ['no ETag', ({ etag: _, ...headers }: Record<string, string>) => headers],
    ['another wrapped key', (headers: Record<string, string>) => ({ ...headers, [keyHeader]: 'AAAA' })],
    ['no wrapped key', ({ [keyHeader]: _, ...headers }: Record<string, string>) => headers],
    [
      'another size',
      (headers: Record<string, string>) => ({
        ...headers,
        'content-range': String(headers['content-range']).replace('/10000', '/10001'),
      }),
    ],
  ])('is left when an answer has %s, also where the condition was ignored', async (_, change) => {
    const handle = await open();
    answering(change);
    await expect(handle.read(500, 5)).rejects.toThrow(/overwritten/);
    expect(memory.cancelled).toBe(1);
  });

  it('of a plain object is told by its ETag', async () => {
    memory.objects.set('k', { headers: {}, bytes: Uint8Array.from(plaintext), etag: '"p"' });
    const handle = await open();
    same(await handle.read(500, 5), plaintext.subarray(500, 505));
    memory.stored().etag = '"q"';
    await expect(handle.read(500, 5)).rejects.toThrow(/overwritten/);
  });
});

describe('a download', () => {
  it('compares the sum of what came with that of the opened object', async () => {
    const handle = await open();
    const target = Buffer.alloc(plaintext.length);
    const sink = { write: async (offset: number, bytes: Uint8Array) => void target.set(bytes, offset) };
    await handle.download(sink, { partSizeBytes: 1000 });
    same(target, plaintext);
    memory.stored().bytes[5000]! ^= 1;
    await expect(handle.download(sink, { partSizeBytes: 1000 })).rejects.toThrow(/CRC-64/);
  });
});
