import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryCheckpoint as memoryStore } from '@oss-envelope/test-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plaintextSize } from '../src/cipher/content-scheme.js';
import {
  type ByteRange,
  type Content,
  EncryptedBucket,
  type EncryptedBucketOptions,
  IntegrityError,
  type Progress,
  RangeNotSatisfiableError,
  TransportError,
} from '../src/index.js';
import { getToFile } from '../src/node/index.js';
import { inChunks, MemoryTransport } from './memory-transport.js';
import { crc64Of } from './plain-crc64.js';
import { toyProvider } from './toy-provider.js';
import { toyFormat, toyScheme } from './toy-scheme.js';

// The formats' tables with one more row: everything in core that depends on how content is stored has to ask the row.
vi.mock('../src/envelope/formats.js', async (importOriginal) => {
  const real = await importOriginal<typeof import('../src/envelope/formats.js')>();
  const { toyRow } = await import('./toy-scheme.js');
  return { ...real, formats: { ...real.formats, [toyRow.name]: toyRow } };
});
vi.mock('../src/envelope/format-reading.js', async (importOriginal) => {
  const real = await importOriginal<typeof import('../src/envelope/format-reading.js')>();
  const { toyFormat, toyReading } = await import('./toy-scheme.js');
  return {
    counterReading: { ...real.counterReading, [toyFormat]: toyReading },
    signs: { ...real.signs, [toyFormat]: (name: string) => name.startsWith('x-oss-meta-toy-') },
  };
});

let memory: MemoryTransport;

beforeEach(() => {
  memory = new MemoryTransport();
  memory.chunkBytes = 997;
});

const provider = toyProvider(1, {
  wraps: { 'oss-crypto': 'rsa-oaep-sha1', [toyFormat]: 'toy-wrap' },
  unwraps: ['rsa-oaep-sha1', 'toy-wrap'],
});
const bucketOf = (options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
  new EncryptedBucket({ transport: memory, provider, format: toyFormat, ...options });
const same = (a: Uint8Array, b: Uint8Array): void => expect(Buffer.compare(a, b)).toBe(0);
const part = 100 * 1024;
/** So that a part of 1600 units is reached. */
const partSizeBytes = 102_400;

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
  return Buffer.concat(parts);
}

const sizes = [0, 1, 63, 64, 65, 127, 128, 129, 1000, 6400, 70_001];

describe('the toy scheme itself', () => {
  it('has a size both ways', () => {
    for (let size = 0; size < 300; size++)
      expect(plaintextSize(toyScheme, toyScheme.storedSize(size))).toBe(size);
    expect(toyScheme.storedSize(64)).toBe(8 + 68 + 4);
  });
});

describe('an object of another scheme', () => {
  const kinds: [string, (bytes: Buffer) => Content][] = [
    ['bytes', (bytes) => Uint8Array.from(bytes)],
    ['a Blob', (bytes) => new Blob([Uint8Array.from(bytes)])],
    ['a stream of unknown length', (bytes) => inChunks(bytes, 777)],
    ['content that comes again', (bytes) => ({ sizeBytes: bytes.length, open: () => inChunks(bytes, 777) })],
  ];

  it.each(kinds)('is put from %s and read whole', async (_, content) => {
    for (const size of sizes) {
      const bytes = randomBytes(size);
      await bucketOf().put('k', content(bytes));
      expect(memory.stored().bytes.length).toBe(toyScheme.storedSize(size));
      expect(memory.stored().headers['x-oss-meta-toy-length']).toBe(String(size));
      const object = await bucketOf().get('k');
      expect(object).toMatchObject({
        sizeBytes: size,
        storedSizeBytes: toyScheme.storedSize(size),
        contentSizeBytes: size,
        contentOffsetBytes: 0,
      });
      same(await object.bytes(), bytes);
    }
  });

  it('is put in one request as it comes when it is large, with its stored size announced', async () => {
    const bytes = randomBytes(4 * 1024 * 1024 + 64);
    const told: Progress[] = [];
    await bucketOf().put('k', bytes, { onProgress: (progress) => told.push(progress) });
    expect(memory.puts[0]?.body).toMatchObject({
      kind: 'chunks',
      sizeBytes: toyScheme.storedSize(bytes.length),
    });
    expect(told.at(-1)).toEqual({ transferredBytes: bytes.length, totalBytes: bytes.length });
    memory.chunkBytes = 100_000;
    same(await (await bucketOf().get('k')).bytes(), bytes);
  });

  it('has two sizes', async () => {
    await bucketOf().put('k', new Uint8Array(128));
    expect(await bucketOf().head('k')).toMatchObject({ sizeBytes: 128, storedSizeBytes: 8 + 2 * 68 + 4 });
  });

  it.each([
    ['bytes that no plaintext has', (bytes: Uint8Array) => bytes.subarray(0, 8 + 68 + 3)],
    ['a header alone', (bytes: Uint8Array) => bytes.subarray(0, 8)],
    ['nothing', () => new Uint8Array()],
  ])('is refused when it has %s', async (_, change) => {
    await bucketOf().put('k', new Uint8Array(200));
    memory.stored().bytes = change(memory.stored().bytes);
    await expect(bucketOf().head('k')).rejects.toThrow(IntegrityError);
    await expect(bucketOf().get('k')).rejects.toThrow(IntegrityError);
    const { length } = memory.stored().bytes;
    if (length === 0) return;
    await expect(bucketOf().get('k', { range: { offsetBytes: 0, lengthBytes: 5 } })).rejects.toThrow(
      IntegrityError,
    );
    await expect(bucketOf().open('k')).rejects.toThrow(IntegrityError);
  });

  it('is refused when it was cut at a unit, by its recorded size and by its end', async () => {
    await bucketOf().put('k', randomBytes(200));
    memory.stored().bytes = memory.stored().bytes.subarray(0, 8 + 2 * 68 + 4);
    await expect(bucketOf().get('k')).rejects.toThrow(/records 200/);
    delete memory.stored().headers['x-oss-meta-toy-length'];
    memory.givesSums = false;
    await expect((await bucketOf().get('k')).bytes()).rejects.toThrow(/unit 2/);
  });

  it('hands on nothing of a unit that was changed', async () => {
    const bytes = randomBytes(640);
    await bucketOf().put('k', bytes);
    memory.givesSums = false;
    // In the seventh unit.
    memory.stored().bytes[8 + 6 * 68 + 10]! ^= 1;
    for (memory.chunkBytes of [1, 68, 1000]) {
      const seen: Uint8Array[] = [];
      const read = async (): Promise<void> => {
        for await (const chunk of (await bucketOf().get('k')).chunks()) seen.push(chunk);
      };
      await expect(read()).rejects.toThrow(/unit 6/);
      const plaintext = Buffer.concat(seen);
      expect(plaintext.length).toBeLessThanOrEqual(6 * 64);
      same(plaintext, bytes.subarray(0, plaintext.length));
    }
    const before = await bucketOf().get('k', { range: { offsetBytes: 0, lengthBytes: 6 * 64 } });
    same(await before.bytes(), bytes.subarray(0, 6 * 64));
    const within = await bucketOf().get('k', { range: { offsetBytes: 6 * 64, lengthBytes: 1 } });
    await expect(within.bytes()).rejects.toThrow(/unit 6/);
    const handle = await bucketOf().open('k', { prefetchBytes: 64 });
    await expect(handle.read(6 * 64 + 60, 3)).rejects.toThrow(/unit 6/);
    same(await handle.read(7 * 64, 100), bytes.subarray(7 * 64, 7 * 64 + 100));
  });
});

describe('ranges', () => {
  const plaintext = randomBytes(64 * 20 + 17);
  const exact = plaintext.subarray(0, 64 * 20);
  const slice = (content: Buffer, range: ByteRange): Buffer =>
    'lastBytes' in range
      ? content.subarray(Math.max(0, content.length - range.lastBytes))
      : content.subarray(range.offsetBytes, range.offsetBytes + (range.lengthBytes ?? content.length));
  const edges = [0, 1, 63, 64, 65, 127, 128, 1215, 1216, 1217, 1279];
  const ranges: ByteRange[] = [
    ...edges.flatMap((offsetBytes) => [
      { offsetBytes },
      ...[1, 63, 64, 65, 128, 2000].map((lengthBytes) => ({ offsetBytes, lengthBytes })),
    ]),
    ...[1, 16, 17, 18, 63, 64, 65, 1279, 1280, 1281, 1296, 1297, 1298, 5000].map((lastBytes) => ({
      lastBytes,
    })),
    ...Array.from({ length: 200 }, () => {
      const offsetBytes = Math.floor(Math.random() * 1280);
      return { offsetBytes, lengthBytes: 1 + Math.floor(Math.random() * 700) };
    }),
  ];

  it.each([
    ['exactly', false, plaintext],
    ['with the whole object', true, plaintext],
    ['exactly, of whole units', false, exact],
    ['with the whole object, of whole units', true, exact],
  ])('are any part of the plaintext where the server answers %s', async (_, ignoresRange, content) => {
    await bucketOf().put('k', content, { contentMd5: createHash('md5').update(content).digest('base64') });
    memory.ignoresRange = ignoresRange;
    for (const range of ranges) {
      const object = await bucketOf().get('k', { range });
      const expected = slice(content, range);
      expect(object).toMatchObject({ contentSizeBytes: expected.length, sizeBytes: content.length });
      if ('offsetBytes' in range) expect(object.contentOffsetBytes).toBe(range.offsetBytes);
      same(await object.bytes(), expected);
    }
    expect(memory.gets).toHaveLength(ranges.length);
  });

  it('are asked for in whole units', async () => {
    await bucketOf().put('k', plaintext);
    const asked = async (range: ByteRange): Promise<string | undefined> => {
      await (await bucketOf().get('k', { range })).discard();
      return memory.gets.at(-1)?.headers.range;
    };
    expect(await asked({ offsetBytes: 5, lengthBytes: 3 })).toBe('bytes=0-75');
    expect(await asked({ offsetBytes: 64, lengthBytes: 64 })).toBe('bytes=76-147');
    expect(await asked({ offsetBytes: 127, lengthBytes: 2 })).toBe('bytes=76-211');
    expect(await asked({ offsetBytes: 65 })).toBe('bytes=76-');
  });

  it.each([false, true])(
    'at and past the end are refused (server ignores ranges: %s)',
    async (ignoresRange) => {
      memory.ignoresRange = ignoresRange;
      await bucketOf().put('exact', exact);
      await bucketOf().put('longer', plaintext);
      await bucketOf().put('empty', '');
      for (const [key, range] of [
        ['exact', { offsetBytes: exact.length }],
        ['exact', { offsetBytes: exact.length + 1, lengthBytes: 5 }],
        ['longer', { offsetBytes: plaintext.length }],
        ['longer', { offsetBytes: plaintext.length + 64 }],
        ['longer', { offsetBytes: 1_000_000, lengthBytes: 1 }],
        ['empty', { offsetBytes: 0 }],
        ['empty', { lastBytes: 3 }],
      ] as [string, ByteRange][]) {
        await expect(bucketOf().get(key, { range })).rejects.toThrow(RangeNotSatisfiableError);
      }
    },
  );

  it('of one scheme find an object of the other, with one more request', async () => {
    await bucketOf().put('toy', plaintext);
    await bucketOf({ format: 'oss-crypto' }).put('counter', plaintext);
    memory.objects.set('plain', { headers: {}, bytes: Uint8Array.from(plaintext), etag: '"p"' });
    for (const [format, key] of [
      ['oss-crypto', 'toy'],
      [toyFormat, 'counter'],
      [toyFormat, 'plain'],
    ] as const) {
      const bucket = bucketOf({ format, onPlainObject: 'pass' });
      for (const range of ranges) {
        memory.calls.length = 0;
        same(await (await bucket.get(key, { range })).bytes(), slice(plaintext, range));
        expect(memory.callsOf('get').length).toBeLessThanOrEqual(2);
        const handle = await bucket.open(key, { prefetchBytes: 100 });
        same(await gather(handle.chunks(range)), slice(plaintext, range));
      }
      await expect(bucket.get(key, { range: { offsetBytes: plaintext.length } })).rejects.toThrow(
        RangeNotSatisfiableError,
      );
    }
  });
});

describe('handles', () => {
  it.each(sizes)('read %i bytes at any place, and all', async (size) => {
    const bytes = randomBytes(size);
    await bucketOf().put('k', bytes);
    for (const prefetchBytes of [1, 64, 100_000]) {
      const handle = await bucketOf().open('k', { prefetchBytes });
      expect(handle).toMatchObject({ sizeBytes: size, storedSizeBytes: toyScheme.storedSize(size) });
      for (let turn = 0; turn < 10; turn++) {
        const offset = Math.floor(Math.random() * (size + 10));
        const length = Math.floor(Math.random() * 200);
        same(await handle.read(offset, length), bytes.subarray(offset, offset + length));
      }
      same(await gather(handle.chunks()), bytes);
    }
  });

  it.each([
    [0, 1024],
    [1, 1024],
    [10_240, 1024],
    [10_000, 1000],
    [70_001, 4096],
    [70_016, 1001],
  ])('download %i bytes in ranges of %i, and compare the sum', async (size, rangeBytes) => {
    const bytes = randomBytes(size);
    await bucketOf().put('k', bytes);
    const handle = await bucketOf().open('k', { prefetchBytes: 1 });
    const target = Buffer.alloc(size);
    const sink = { write: async (offset: number, chunk: Uint8Array) => void target.set(chunk, offset) };
    let last: Progress | undefined;
    const onProgress = (progress: Progress): void => {
      last = progress;
    };
    await handle.download(sink, { partSizeBytes: rangeBytes, onProgress });
    same(target, bytes);
    expect(last).toEqual(size === 0 ? undefined : { transferredBytes: size, totalBytes: size });
    if (size === 0) return;
    memory.spoil = (response) => ({
      ...response,
      headers: { ...response.headers, 'x-oss-hash-crc64ecma': '1' },
    });
    const other = await bucketOf()
      .open('k', { prefetchBytes: 1 })
      .catch(() => undefined);
    if (other !== undefined) {
      await expect(other.download(sink, { partSizeBytes: rangeBytes })).rejects.toThrow(IntegrityError);
    }
  });
});

describe('parts', () => {
  const options = { multipartThresholdBytes: 0, partSizeBytes };

  it.each([1, part - 1, part, part + 1, 3 * part, 3 * part + 64, 3 * part + 70])(
    'of %i bytes make one body',
    async (size) => {
      const bytes = randomBytes(size);
      const told: number[] = [];
      await bucketOf().put('k', bytes, {
        ...options,
        onProgress: ({ transferredBytes }) => told.push(transferredBytes),
      });
      // The end of the body belongs to the last part, also when that one is full.
      expect(memory.callsOf('putPart').length).toBe(Math.ceil(size / part));
      expect(memory.stored().bytes.length).toBe(toyScheme.storedSize(size));
      expect(told.at(-1)).toBe(size);
      memory.chunkBytes = 10_000;
      same(await (await bucketOf().get('k')).bytes(), bytes);
    },
  );

  it.each([part, 2 * part, 2 * part + 1])('of %i bytes whose number was not known', async (size) => {
    const bytes = randomBytes(size);
    await bucketOf().put('k', inChunks(bytes, 10_007), options);
    memory.chunkBytes = 10_000;
    same(await (await bucketOf().get('k')).bytes(), bytes);
    // What fits into one part is found out in memory.
    expect(memory.callsOf('putPart').length).toBe(size > part ? Math.floor(size / part) + 1 : 0);
  });

  it('begin at whole units', async () => {
    await expect(bucketOf().put('k', 'abc', { partSizeBytes: part + 16 })).rejects.toThrow(/multiple of 64/);
  });

  it('go on from a checkpoint', async () => {
    const bytes = randomBytes(4 * part);
    const store = memoryStore();
    const resumable = { ...options, checkpoint: store, concurrency: 1 };
    memory.before = ({ operation, partNumber }) => {
      if (operation === 'putPart' && partNumber === 3) throw new TransportError('gone', { retryable: false });
    };
    await expect(bucketOf().put('k', bytes, resumable)).rejects.toThrow('gone');
    expect(store.text).toBeDefined();
    memory.before = () => {};
    memory.calls.length = 0;
    await bucketOf().put('k', bytes, resumable);
    expect(memory.callsOf('start')).toHaveLength(0);
    expect(memory.callsOf('putPart').map(({ partNumber }) => partNumber)).toEqual([3, 4]);
    expect(store.text).toBeUndefined();
    memory.chunkBytes = 10_000;
    same(await (await bucketOf().get('k')).bytes(), bytes);
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'second-scheme-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([0, 64, 5000, 64 * 100])(
    'of %i bytes come in ranges, and go on from a checkpoint',
    async (size) => {
      const bytes = randomBytes(size);
      const contentMd5 = createHash('md5').update(bytes).digest('base64');
      await bucketOf().put('k', bytes, { contentMd5 });
      const path = join(folder, 'file');
      const options = { partSizeBytes: 1000, checkpoint: memoryStore(), concurrency: 1, headers: {} };
      let gets = 0;
      memory.before = ({ operation }) => {
        // The first brings the envelope along.
        if (operation === 'get' && ++gets === 4) throw new TransportError('gone', { retryable: false });
      };
      if (size >= 5000) {
        await expect(getToFile(bucketOf(), 'k', path, options)).rejects.toThrow('gone');
        expect(options.checkpoint.text).toContain(crc64Of(memory.stored().bytes.subarray(0, 8 + 16 * 68)));
      }
      memory.before = () => {};
      memory.gets.length = 0;
      await getToFile(bucketOf(), 'k', path, options);
      same(await readFile(path), bytes);
      if (size >= 5000) {
        const asked = memory.gets.slice(1).map(({ headers }) => headers.range);
        expect(asked[0]).toBe(`bytes=${8 + 32 * 68}-${8 + 48 * 68 - 1}`);
      }
      expect(await readdir(folder)).toEqual(['file']);
    },
  );
});
