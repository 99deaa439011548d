import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import {
  type Content,
  ContentTakenError,
  createContentKey,
  EncryptedBucket,
  type EncryptedBucketOptions,
  encryptBytes,
  formatEnvelope,
  IntegrityError,
  InvalidArgumentError,
  KeyUnwrapError,
  MalformedEnvelopeError,
  MasterKeyError,
  MissingEnvelopeError,
  NoMatchingKeyError,
  type ObjectTransport,
  OutOfRangeError,
  openContentKey,
  type Progress,
  parseEnvelope,
  RangeNotSatisfiableError,
  SecretBytes,
  ServiceError,
  type UnwrapKeyRequest,
} from '../index.js';

let memory: MemoryTransport;

beforeEach(() => {
  memory = new MemoryTransport();
});

const bucketOf = (options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
  new EncryptedBucket({ transport: memory, provider: toyProvider(1), format: 'oss-crypto', ...options });
/** Chunks that are buffers of their own; each is noted in `given`. */
async function* inOwnChunks(
  bytes: Uint8Array,
  size: number,
  given: Uint8Array[],
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    const chunk = Uint8Array.from(bytes.subarray(offset, offset + size));
    given.push(chunk);
    yield chunk;
  }
}
const stored = (key = 'k') => memory.stored(key);

describe('put and get', () => {
  const bytes = randomBytes(100_003);
  const contents: [string, () => Content][] = [
    ['bytes', () => Uint8Array.from(bytes)],
    ['a Buffer', () => bytes],
    ['an ArrayBuffer', () => Uint8Array.from(bytes).buffer],
    ['a Blob', () => new Blob([bytes])],
    ['a web stream', () => new Blob([bytes]).stream()],
    ['a Node stream', () => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)], { objectMode: false })],
    [
      'an async iterable',
      async function* () {
        yield bytes.subarray(0, 99_999);
        yield new Uint8Array();
        yield bytes.subarray(99_999);
      },
    ],
  ].map(([name, make]) => [name as string, () => (make as () => Content)()]);

  it.each(contents)('round-trip %s', async (_, content) => {
    for (const format of ['oss-crypto', 'client-side-encryption'] as const) {
      const bucket = bucketOf({ format });
      const result = await bucket.put('k', content());
      expect(result).toMatchObject({ etag: stored().etag, requestId: 'request', envelope: { format } });
      expect(Buffer.compare(stored().bytes, bytes)).not.toBe(0);
      expect(Buffer.compare(await (await bucket.get('k')).bytes(), bytes)).toBe(0);
    }
  });

  it('round-trip text', async () => {
    const bucket = bucketOf();
    await bucket.put('k', 'seize the dåy 🌞');
    const object = await bucket.get('k');
    expect(object).toMatchObject({ key: 'k', sizeBytes: 19, contentSizeBytes: 19, authenticated: false });
    expect(await object.text()).toBe('seize the dåy 🌞');
  });

  it.each([0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 4 * 1024 * 1024 + 1])(
    'round-trip %i bytes',
    async (size) => {
      memory.chunkBytes = 60_000;
      const content = randomBytes(size);
      await bucketOf().put('k', content);
      expect(stored().headers['x-oss-meta-unencrypted-content-length']).toBe(String(size));
      expect(Buffer.compare(await (await bucketOf().get('k')).bytes(), content)).toBe(0);
    },
  );

  it('encrypt as the format says, seen by OpenSSL', async () => {
    const key = randomBytes(32);
    const plaintext = randomBytes(1000);
    await bucketOf({ provider: toyProvider(0, { key }) }).put('k', plaintext);
    const start = Number(
      Buffer.from(String(stored().headers['x-oss-meta-oss-crypto-start']), 'base64').toString(),
    );
    expect(start).toBeGreaterThanOrEqual(1);
    expect(start).toBeLessThanOrEqual(10);
    const block = Buffer.alloc(16);
    block.writeUInt8(start, 15);
    expect(Buffer.compare(stored().bytes, createCipheriv('aes-256-ctr', key, block).update(plaintext))).toBe(
      0,
    );

    await bucketOf({ provider: toyProvider(0, { key }), format: 'client-side-encryption' }).put(
      'k',
      plaintext,
    );
    const first = Buffer.from(String(stored().headers['x-oss-meta-client-side-encryption-start']), 'base64');
    // Bytes 8 to 11 are zero, so that readers who add in 32 or 64 bits agree.
    expect(first.subarray(8, 12)).toEqual(Buffer.alloc(4));
    expect(Buffer.compare(stored().bytes, createCipheriv('aes-256-ctr', key, first).update(plaintext))).toBe(
      0,
    );
  });

  it('send the documented headers and nothing of the plaintext', async () => {
    await bucketOf().put('k', 'abc');
    expect(Object.keys(stored().headers).sort()).toEqual([
      'content-type',
      'x-oss-meta-oss-cek-alg',
      'x-oss-meta-oss-crypto-key',
      'x-oss-meta-oss-crypto-start',
      'x-oss-meta-oss-wrap-alg',
      'x-oss-meta-unencrypted-content-length',
    ]);
    expect(stored().headers['content-type']).toBe('application/octet-stream');
  });

  it('record the length when it is known, or found out in memory', async () => {
    await bucketOf().put('k', Readable.from(['abc']));
    expect(stored().headers['x-oss-meta-unencrypted-content-length']).toBe('3');
    expect(memory.puts[0]?.body).toMatchObject({ kind: 'bytes' });
    const large = [Buffer.alloc(4_000_000), Buffer.alloc(4_000_000)];
    await bucketOf({ format: 'client-side-encryption' }).put('k', Readable.from(large));
    expect(memory.puts[1]?.body).toMatchObject({ kind: 'chunks', sizeBytes: undefined });
    expect(stored().headers).not.toHaveProperty(
      'x-oss-meta-client-side-encryption-unencrypted-content-length',
    );
    await bucketOf({ format: 'client-side-encryption' }).put('k', Readable.from(large), {
      sizeBytes: 8_000_000,
    });
    expect(stored().headers['x-oss-meta-client-side-encryption-unencrypted-content-length']).toBe('8000000');
    memory.chunkBytes = 1_000_000;
    expect(await (await bucketOf().get('k')).bytes()).toHaveLength(8_000_000);
  });

  it('use a fresh key and start for each object', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 20; round++) {
      await bucketOf().put('k', 'abc');
      seen.add(String(stored().headers['x-oss-meta-oss-crypto-key']));
    }
    expect(seen.size).toBe(20);
  });

  it('carry metadata, content type and other headers', async () => {
    const bucket = bucketOf({ provider: toyProvider(1, { materialDescription: { purpose: 'test' } }) });
    const headers = { 'Cache-Control': 'no-cache', 'x-oss-storage-class': 'IA' };
    await bucket.put('k', 'abc', {
      metadata: { Author: 'me' },
      contentType: 'text/plain',
      headers,
      forbidOverwrite: true,
    });
    expect(stored().headers).toMatchObject({
      'x-oss-meta-author': 'me',
      'content-type': 'text/plain',
      'cache-control': 'no-cache',
      'x-oss-storage-class': 'IA',
      'x-oss-forbid-overwrite': 'true',
      'x-oss-meta-oss-matdesc': '{"purpose":"test"}',
    });
    const object = await bucket.get('k');
    expect(object.metadata).toEqual({ author: 'me' });
    expect(object.contentType).toBe('text/plain');
    await object.discard();
    expect(memory.cancelled).toBe(1);
    const info = await bucket.head('k');
    expect(info).toMatchObject({
      sizeBytes: 3,
      metadata: { author: 'me' },
      encryption: { kind: 'enveloped' },
    });
  });

  it('send conditions and versions', async () => {
    await bucketOf().put('k', 'abc');
    const date = new Date(Date.UTC(2026, 0, 2));
    await bucketOf().get('k', {
      ifMatch: stored().etag,
      ifNoneMatch: 'b',
      ifModifiedSince: date,
      ifUnmodifiedSince: date,
      versionId: 'v',
    });
    expect(memory.gets[0]).toMatchObject({
      versionId: 'v',
      headers: {
        'if-match': stored().etag,
        'if-none-match': 'b',
        'if-modified-since': 'Fri, 02 Jan 2026 00:00:00 GMT',
        'if-unmodified-since': 'Fri, 02 Jan 2026 00:00:00 GMT',
      },
    });
  });

  it.each([
    { chunksAreOwned: true, left: 0 },
    { chunksAreOwned: undefined, left: 100_000 },
  ])('free what a transport gave, where it says that its chunks are owned: $chunksAreOwned', async (row) => {
    const content = randomBytes(300_000);
    await bucketOf().put('k', content);
    const given: Uint8Array[] = [];
    const { bytes } = stored();
    const get: ObjectTransport['get'] = async (request) => ({
      ...(await memory.get(request)),
      chunksAreOwned: row.chunksAreOwned,
      chunks: inOwnChunks(bytes, 100_000, given),
    });
    const bucket = bucketOf({ transport: { ...memory, get } });
    const kept: Uint8Array[] = [];
    for await (const chunk of (await bucket.get('k')).chunks()) kept.push(chunk);
    // What a caller was given is the caller's.
    expect(Buffer.concat(kept).equals(content)).toBe(true);
    expect(given.map(({ length }) => length)).toEqual([row.left, row.left, row.left]);
  });

  it('free what a transport has sent when it asks for more', async () => {
    const content = randomBytes(6_000_000);
    const sent: Uint8Array[] = [];
    const put: ObjectTransport['put'] = async ({ body }) => {
      if (body.kind === 'chunks') for await (const chunk of body.chunks) sent.push(chunk);
      return { status: 200, headers: { etag: '"e"' } };
    };
    const bucket = bucketOf({ transport: { ...memory, takesChunksInTurn: true, put } });
    await bucket.put('k', Readable.from([content]), { sizeBytes: content.length });
    expect(sent.length).toBeGreaterThan(1);
    // The last may be small, and is then left to the collector.
    expect(sent.slice(0, -1).every(({ length }) => length === 0)).toBe(true);
  });

  it('report progress', async () => {
    const content = randomBytes(6_000_000);
    const up: unknown[] = [];
    await bucketOf().put('k', Readable.from([content]), {
      sizeBytes: content.length,
      onProgress: (progress) => up.push(progress),
    });
    expect(up.at(-1)).toEqual({ transferredBytes: 6_000_000, totalBytes: 6_000_000 });
    expect(up.length).toBeGreaterThan(1);
    memory.chunkBytes = 1_000_000;
    const down: number[] = [];
    const onProgress = ({ transferredBytes }: Progress): unknown => down.push(transferredBytes);
    await (await bucketOf().get('k', { onProgress })).bytes();
    // Each of the chunks is told of in pieces.
    expect(down.length).toBeGreaterThan(6);
    expect(down).toEqual(down.toSorted((a, b) => a - b));
    expect(down.at(-1)).toBe(6_000_000);
    const small: unknown[] = [];
    await bucketOf().put('k', 'abc', { onProgress: (progress) => small.push(progress) });
    expect(small).toEqual([{ transferredBytes: 3, totalBytes: 3 }]);
  });

  it('delete', async () => {
    await bucketOf().put('k', 'abc');
    await bucketOf().delete('k');
    expect(memory.objects.size).toBe(0);
  });
});

describe('ranges', () => {
  const plaintext = randomBytes(1000);

  it('are any part of the plaintext, whether or not the server knows ranges', async () => {
    const bucket = bucketOf();
    await bucket.put('k', plaintext);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(999),
        fc.integer({ min: 1, max: 1200 }),
        fc.boolean(),
        async (offsetBytes, lengthBytes, ignores) => {
          memory.ignoresRange = ignores;
          const expected = plaintext.subarray(offsetBytes, offsetBytes + lengthBytes);
          const object = await bucket.get('k', { range: { offsetBytes, lengthBytes } });
          expect(object).toMatchObject({
            contentOffsetBytes: offsetBytes,
            contentSizeBytes: expected.length,
            sizeBytes: 1000,
          });
          expect(Buffer.compare(await object.bytes(), expected)).toBe(0);
          const rest = await bucket.get('k', { range: { offsetBytes } });
          expect(Buffer.compare(await rest.bytes(), plaintext.subarray(offsetBytes))).toBe(0);
          const suffix = await bucket.get('k', { range: { lastBytes: lengthBytes } });
          expect(Buffer.compare(await suffix.bytes(), plaintext.subarray(-lengthBytes))).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are asked for as they are, in standard mode', async () => {
    await bucketOf().put('k', plaintext);
    await bucketOf().get('k', { range: { offsetBytes: 5, lengthBytes: 10 } });
    expect(memory.gets[0]?.headers).toEqual({ range: 'bytes=5-14', 'x-oss-range-behavior': 'standard' });
  });

  it.each([true, false])('outside the object are refused (server ignores ranges: %s)', async (ignores) => {
    memory.ignoresRange = ignores;
    await bucketOf().put('k', plaintext);
    await bucketOf().put('empty', '');
    await expect(bucketOf().get('k', { range: { offsetBytes: 1000 } })).rejects.toThrow(
      RangeNotSatisfiableError,
    );
    await expect(bucketOf().get('empty', { range: { offsetBytes: 0 } })).rejects.toThrow(
      RangeNotSatisfiableError,
    );
    await expect(bucketOf().get('empty', { range: { lastBytes: 5 } })).rejects.toThrow(
      RangeNotSatisfiableError,
    );
    expect(memory.cancelled).toBe(ignores ? 3 : 0);
  });
});

describe('reading the content', () => {
  it('works as a web stream, and cancelling it releases the connection', async () => {
    await bucketOf().put('k', 'abcdefghij');
    const object = await bucketOf().get('k');
    expect(object.body).toBe(object.body);
    expect(await new Response(object.body).text()).toBe('abcdefghij');
    const unread = await bucketOf().get('k');
    await unread.body.cancel();
    expect(memory.cancelled).toBe(1);
    const half = await bucketOf().get('k');
    for await (const chunk of half.chunks()) {
      expect(chunk.length).toBe(7);
      break;
    }
    expect(memory.cancelled).toBe(2);
  });

  it('happens once', async () => {
    await bucketOf().put('k', 'abc');
    const object = await bucketOf().get('k');
    await object.bytes();
    await expect(object.text()).rejects.toThrow(ContentTakenError);
    await object.discard();
  });
});

describe('providers', () => {
  it('are chosen by algorithm and description, and no other is asked', async () => {
    const a = toyProvider(1, { materialDescription: { name: 'a' } });
    const b = toyProvider(2, { materialDescription: { name: 'b' } });
    const plain = toyProvider(3);
    const pkcs1Only = toyProvider(4, { unwraps: ['rsa-pkcs1'] });
    await bucketOf({ provider: b }).put('k', 'abc');
    const bucket = bucketOf({ provider: a, otherProviders: [pkcs1Only, plain, b] });
    expect(await (await bucket.get('k')).text()).toBe('abc');
    expect([a, b, plain, pkcs1Only].map((provider) => provider.unwrapped)).toEqual([0, 1, 0, 0]);
    await bucketOf({ provider: plain }).put('k', 'def');
    expect(await (await bucket.get('k')).text()).toBe('def');
    expect([a, b, plain, pkcs1Only].map((provider) => provider.unwrapped)).toEqual([0, 1, 1, 0]);
  });

  it('must match, unless the bucket says otherwise', async () => {
    await bucketOf({ provider: toyProvider(1, { materialDescription: { name: 'other' } }) }).put('k', 'abc');
    await expect(bucketOf().get('k')).rejects.toThrow(NoMatchingKeyError);
    await expect(bucketOf().get('k')).rejects.toThrow(/"name":"other"/);
    expect(await (await bucketOf({ onUnknownDescription: 'use-provider' }).get('k')).text()).toBe('abc');
    const kmsOnly = toyProvider(1, { unwraps: ['kms'] });
    await expect(
      bucketOf({ provider: kmsOnly, onUnknownDescription: 'use-provider' }).get('k'),
    ).rejects.toThrow(NoMatchingKeyError);
    expect(memory.cancelled).toBe(3);
  });

  it('that cannot write are refused before anything is sent', async () => {
    const provider = { ...toyProvider(1), wraps: {} };
    await expect(bucketOf({ provider }).put('k', 'abc')).rejects.toThrow(MasterKeyError);
    expect(memory.puts).toHaveLength(0);
  });

  it('that unwrap something else are found out', async () => {
    for (const format of ['oss-crypto', 'client-side-encryption'] as const) {
      await bucketOf({ format }).put('k', 'abc');
      // Another key: the unwrapped start value is no number, or the key has another length.
      const cut = {
        ...toyProvider(1),
        unwrapKey: async (r: UnwrapKeyRequest) => {
          const result = await toyProvider(1).unwrapKey(r);
          return { ...result, key: new SecretBytes(result.key.bytes.subarray(1)) };
        },
      };
      await expect(bucketOf({ provider: cut }).get('k')).rejects.toThrow(KeyUnwrapError);
      const shortStart = {
        ...toyProvider(1),
        unwrapKey: async (r: UnwrapKeyRequest) => {
          const result = await toyProvider(1).unwrapKey(r);
          return { ...result, start: new Uint8Array(0) };
        },
      };
      await expect(bucketOf({ provider: shortStart }).get('k')).rejects.toThrow(
        format === 'oss-crypto' ? MalformedEnvelopeError : KeyUnwrapError,
      );
    }
  });

  it.each(['', 'x', '-1', '1.5', '0x10', '340282366920938463463374607431768211456', '9'.repeat(80)])(
    'that unwrap the start value %j are refused',
    async (text) => {
      await bucketOf().put('k', 'abc');
      const provider = {
        ...toyProvider(1),
        unwrapKey: async (r: UnwrapKeyRequest) => ({
          ...(await toyProvider(1).unwrapKey(r)),
          start: Buffer.from(text),
        }),
      };
      await expect(bucketOf({ provider }).get('k')).rejects.toThrow(MalformedEnvelopeError);
      expect(memory.cancelled).toBe(1);
    },
  );

  it('may give the largest start value', async () => {
    await bucketOf().put('k', 'abc');
    const provider = {
      ...toyProvider(1),
      unwrapKey: async (r: UnwrapKeyRequest) => ({
        ...(await toyProvider(1).unwrapKey(r)),
        start: Buffer.from(' 340282366920938463463374607431768211455\n'),
      }),
    };
    expect(await (await bucketOf({ provider }).get('k')).bytes()).toHaveLength(3);
  });
});

describe('objects that are not what they should be', () => {
  it('without an envelope are refused, or passed and said to be plain', async () => {
    memory.objects.set('k', { headers: {}, bytes: Buffer.from('plain'), etag: '"e"' });
    await expect(bucketOf().get('k')).rejects.toThrow(MissingEnvelopeError);
    expect(memory.cancelled).toBe(1);
    const object = await bucketOf({ onPlainObject: 'pass' }).get('k');
    expect(object.encryption).toEqual({ kind: 'plain' });
    expect(await object.text()).toBe('plain');
    expect(await (await bucketOf().get('k', { onPlainObject: 'pass', range: { lastBytes: 2 } })).text()).toBe(
      'in',
    );
    await expect(bucketOf({ onPlainObject: 'pass' }).get('k', { onPlainObject: 'error' })).rejects.toThrow(
      MissingEnvelopeError,
    );
  });

  it('without an envelope are handed out in memory of their own', async () => {
    const bytes = Uint8Array.from(Buffer.from('plain'));
    memory.objects.set('k', { headers: {}, bytes: Buffer.from('plain'), etag: '"e"' });
    const transport = {
      ...memory,
      get: async (request: Parameters<MemoryTransport['get']>[0]) => {
        const response = await memory.get(request);
        return {
          ...response,
          chunks: (async function* () {
            yield bytes;
          })(),
        };
      },
    };
    const read = await (await bucketOf({ transport, onPlainObject: 'pass' }).get('k')).bytes();
    expect(read).toEqual(bytes);
    expect(read.buffer).not.toBe(bytes.buffer);
  });

  it('with half an envelope are refused even where plain ones pass', async () => {
    await bucketOf().put('k', 'abc');
    delete stored().headers['x-oss-meta-oss-crypto-start'];
    await expect(bucketOf({ onPlainObject: 'pass' }).get('k')).rejects.toThrow(MalformedEnvelopeError);
  });

  it('cut or extended are refused by their recorded length', async () => {
    await bucketOf().put('k', 'abcdef');
    stored().bytes = stored().bytes.subarray(1);
    await expect(bucketOf().get('k')).rejects.toThrow(IntegrityError);
    await expect(bucketOf().get('k', { range: { offsetBytes: 0 } })).rejects.toThrow(IntegrityError);
  });

  it('with another MD5 than recorded fail at the end of a whole read', async () => {
    const contentMd5 = createHash('md5').update('abcdef').digest('base64');
    await bucketOf().put('k', 'abcdef', { contentMd5 });
    expect(stored().headers['x-oss-meta-unencrypted-content-md5']).toBe(contentMd5);
    expect(await (await bucketOf().get('k')).text()).toBe('abcdef');
    stored().bytes[2]! ^= 1;
    const object = await bucketOf().get('k');
    await expect(object.bytes()).rejects.toThrow(IntegrityError);
    expect(await (await bucketOf().get('k', { range: { offsetBytes: 0, lengthBytes: 2 } })).text()).toBe(
      'ab',
    );
  });

  it.each([
    ['fewer', (bytes: Uint8Array) => bytes.subarray(0, 5)],
    ['more', (bytes: Uint8Array) => Uint8Array.from([...bytes, 1])],
  ])('with %s bytes than the server announced fail', async (found, change) => {
    await bucketOf().put('k', 'abcdefghij');
    memory.spoil = (response) => ({
      ...response,
      chunks: (async function* () {
        const parts: Uint8Array[] = [];
        for await (const chunk of response.chunks) parts.push(chunk);
        yield change(Buffer.concat(parts));
      })(),
    });
    await expect((await bucketOf().get('k')).bytes()).rejects.toThrow(found);
    await expect(
      (await bucketOf().get('k', { range: { offsetBytes: 1, lengthBytes: 8 } })).bytes(),
    ).rejects.toThrow(IntegrityError);
  });
});

describe("a caller's mistakes", () => {
  it.each([
    ['an empty key', '', 'key'],
    ['a leading slash', '/a', 'key'],
    ['a leading backslash', '\\a', 'key'],
    ['a dot segment', 'a/../b', 'key'],
    ['a dot segment at the end', 'a/.', 'key'],
    ['half a surrogate pair', 'a\ud800', 'key'],
    ['a long key', 'é'.repeat(512), 'key'],
  ])('%s', async (_, key, argument) => {
    for (const call of [
      () => bucketOf().put(key, 'x'),
      () => bucketOf().get(key),
      () => bucketOf().head(key),
      () => bucketOf().delete(key),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'InvalidArgumentError', argument });
    }
    expect(memory.puts.length + memory.gets.length).toBe(0);
  });

  it.each([
    [{ provider: undefined }, 'options.provider'],
    [{ transport: {} }, 'options.transport'],
    [{ format: undefined }, 'options.format'],
    [{ format: 'other' }, 'options.format'],
    [{ onPlainObject: 'maybe' }, 'options.onPlainObject'],
    [{ otherProviders: [{}] }, 'options.otherProviders.0'],
    [{ onPlainObjects: 'pass' }, 'options.onPlainObjects'],
  ])('options %j', (options, argument) => {
    expect(() => bucketOf(options as never)).toThrow(InvalidArgumentError);
    expect(() => bucketOf(options as never)).toThrow(expect.objectContaining({ argument }));
  });

  it.each([
    [{ metadata: { 'a b': 'x' } }, 'InvalidArgumentError'],
    [{ metadata: { a: 'é' } }, 'InvalidArgumentError'],
    [{ metadata: { a: 'x\r\nx-oss-acl: public-read' } }, 'InvalidArgumentError'],
    [{ metadata: { a: 'x', A: 'y' } }, 'InvalidArgumentError'],
    [{ metadata: { 'OSS-Crypto-Key': 'x' } }, 'InvalidArgumentError'],
    [{ metadata: { 'client-side-encryption-new': 'x' } }, 'InvalidArgumentError'],
    [{ metadata: { a: 'x'.repeat(8000) } }, 'OutOfRangeError'],
    [{ metadata: { a: 1 } }, 'InvalidArgumentError'],
    [{ headers: { 'Content-Encoding': 'gzip' } }, 'InvalidArgumentError'],
    [{ headers: { 'content-md5': 'x' } }, 'InvalidArgumentError'],
    [{ headers: { 'x-oss-meta-a': 'x' } }, 'InvalidArgumentError'],
    [{ headers: { Authorization: 'x' } }, 'InvalidArgumentError'],
    [{ contentMd5: 'd41d8cd98f00b204e9800998ecf8427e' }, 'InvalidArgumentError'],
    [{ contentType: 'text/plain\n' }, 'InvalidArgumentError'],
    [{ sizeBytes: -1 }, 'OutOfRangeError'],
    [{ sizeBytes: 4 }, 'OutOfRangeError'],
    [{ sizebytes: 3 }, 'InvalidArgumentError'],
    [{ signal: {} }, 'InvalidArgumentError'],
  ])('put options %j', async (options, name) => {
    await expect(bucketOf().put('k', 'abc', options as never)).rejects.toMatchObject({ name });
    expect(memory.puts).toHaveLength(0);
  });

  it.each([[5], [null], [{}], [[1]]])('content %j', async (content) => {
    await expect(bucketOf().put('k', content as never)).rejects.toThrow(InvalidArgumentError);
  });

  it('a stream of something else', async () => {
    await expect(bucketOf().put('k', Readable.from([1, 2]) as never)).rejects.toThrow(InvalidArgumentError);
  });

  it.each([
    ['shorter', 6],
    ['longer', 4],
  ])('a stream %s than declared', async (_, sizeBytes) => {
    const source = Readable.from(['abc', 'de']);
    await expect(bucketOf().put('k', source, { sizeBytes })).rejects.toThrow(OutOfRangeError);
    expect(memory.objects.size).toBe(0);
    expect(source.destroyed).toBe(true);
  });

  it('a stream that is in use', async () => {
    const stream = new Blob(['abc']).stream();
    stream.getReader();
    await expect(bucketOf().put('k', stream)).rejects.toThrow(InvalidArgumentError);
  });
});

describe('failures', () => {
  it("of the source are the call's own", async () => {
    const failure = new Error('the disk is gone');
    const source = new PassThrough();
    source.write('abc');
    setTimeout(() => source.destroy(failure), 5);
    await expect(bucketOf().put('k', source)).rejects.toBe(failure);
    expect(memory.objects.size).toBe(0);
  });

  it('before the source is read release it', async () => {
    const node = new PassThrough();
    const provider = { ...toyProvider(1), wrapKey: () => Promise.reject(new MasterKeyError('no')) };
    // Longer than what is read before a key is made.
    const sizeBytes = 5_000_000;
    await expect(bucketOf({ provider }).put('k', node, { sizeBytes })).rejects.toThrow(MasterKeyError);
    expect(node.destroyed).toBe(true);
    const cancelled: unknown[] = [];
    const web = new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
    await expect(bucketOf({ provider }).put('k', web, { sizeBytes })).rejects.toThrow(MasterKeyError);
    expect(cancelled).toEqual([expect.any(MasterKeyError)]);
  });

  it.each([
    ['a Node stream', (bytes: Buffer) => Readable.from([bytes, bytes])],
    ['a web stream', (bytes: Buffer) => new Blob([Uint8Array.from(bytes), Uint8Array.from(bytes)]).stream()],
  ])('of a second call leave %s alone that the first one is reading', async (_, make) => {
    const bytes = randomBytes(3_000_000);
    const content: Content = make(bytes);
    const first = bucketOf().put('k', content);
    await expect(bucketOf().put('other', content)).rejects.toThrow(InvalidArgumentError);
    await first;
    memory.chunkBytes = 1_000_000;
    expect(Buffer.compare(await (await bucketOf().get('k')).bytes(), Buffer.concat([bytes, bytes]))).toBe(0);
  });

  it('while a chunk is awaited release a web stream', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const cancelled: unknown[] = [];
    const silent = new ReadableStream({
      pull: () => {
        setTimeout(() => controller.abort(reason), 5);
        return new Promise(() => {});
      },
      cancel: (why) => void cancelled.push(why),
    });
    vi.spyOn(memory, 'put').mockImplementation(
      ({ body, signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(reason));
          if (body.kind === 'chunks') body.chunks[Symbol.asyncIterator]().next().catch(reject);
        }),
    );
    const putting = bucketOf().put('k', silent, { signal: controller.signal, sizeBytes: 9 });
    await expect(putting).rejects.toBe(reason);
    expect(cancelled).toEqual([reason]);
  });

  it('of the service pass through', async () => {
    await expect(bucketOf().get('nothing')).rejects.toThrow(ServiceError);
  });

  it('by abort are the reason', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    for (const call of [
      () => bucketOf().put('k', 'x', { signal }),
      () => bucketOf().get('k', { signal }),
      () => bucketOf().head('k', { signal }),
      () => bucketOf().delete('k', { signal }),
    ]) {
      await expect(call()).rejects.toBe(reason);
    }
  });
});

describe('the codec in other hands', () => {
  it('makes and opens an object without a bucket', async () => {
    const provider = toyProvider(9);
    const { envelope, contentKey } = await createContentKey(provider, 'client-side-encryption', {
      contentSizeBytes: 3,
    });
    expect(JSON.stringify(contentKey.dataKey)).toBe('"[redacted]"');
    const ciphertext = await encryptBytes(Buffer.from('abc'), contentKey);
    memory.objects.set('k', { headers: formatEnvelope(envelope), bytes: ciphertext, etag: '"e"' });
    expect(await (await bucketOf({ provider }).get('k')).text()).toBe('abc');
    const state = parseEnvelope(stored().headers);
    if (state.kind === 'plain' || state.envelope.format === 'sealed') throw new Error('the envelope is gone');
    const opened = await openContentKey(state.envelope, [provider]);
    expect(Buffer.from(await encryptBytes(ciphertext, opened)).toString()).toBe('abc');
  });
});
