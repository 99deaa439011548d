import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { sampleWriting } from '../../test/sample-writing.js';
import { toyProvider } from '../../test/toy-provider.js';
import { counterMode } from '../cipher/counter-mode.js';
import { sealed } from '../cipher/sealed.js';
import { EncryptedBucket } from '../client/encrypted-bucket.js';
import type { DownloadResponse } from '../contract/object-transport.js';
import type { ObjectKeys } from '../envelope/object-keys.js';
import { ServiceError } from '../errors/errors.js';
import {
  fetchObject,
  fetchRange,
  isBeyondEnd,
  type ObjectQuery,
  openObject,
  readFetched,
  releasedOnFailure,
  schemeOf,
} from './object-reading.js';

const plaintext = randomBytes(1000);
const wraps = { sealed: 'toy', 'oss-crypto': 'rsa-oaep-sha1' } as const;
const provider = toyProvider(1, { wraps, unwraps: Object.values(wraps) });
const beyond = expect.objectContaining({ code: 'ERR_RANGE_NOT_SATISFIABLE' });

let memory: MemoryTransport;
beforeEach(() => {
  memory = new MemoryTransport();
});

async function store(format: 'sealed' | 'oss-crypto', content: Uint8Array = plaintext): Promise<void> {
  await new EncryptedBucket({ transport: memory, provider, format }).put('k', content);
  memory.calls.length = 0;
  memory.puts.length = 0;
}
const keysOf = (format: 'sealed' | 'oss-crypto'): ObjectKeys =>
  sampleWriting(memory, { context: { format, provider } }).context.keys as ObjectKeys;
const contextOf = (likelyScheme: typeof counterMode) => ({ transport: memory, lenient: false, likelyScheme });
const place = { objectKey: 'k', signal: undefined };

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
  return Buffer.concat(parts);
}
async function read(
  format: 'sealed' | 'oss-crypto',
  likelyScheme: typeof counterMode,
  query: Partial<ObjectQuery> = {},
): Promise<Buffer> {
  const fetched = await fetchObject(contextOf(likelyScheme), { key: 'k', headers: {}, ...query });
  const key = await openObject(keysOf(format), fetched, 'error', place);
  return all(readFetched(memory, fetched, key));
}

describe('an object that is fetched', () => {
  it('is asked for as it is, and its answer described', async () => {
    await store('oss-crypto');
    const { signal } = new AbortController();
    const headers = { 'if-match': memory.stored().etag };
    const query = { key: 'k', headers, versionId: 'v', signal };
    const fetched = await fetchObject(contextOf(counterMode), query);
    expect(memory.gets).toEqual([query]);
    expect(fetched).toMatchObject({ scheme: counterMode, encryption: { kind: 'enveloped' } });
    expect(fetched.plan.sizeBytes).toBe(1000);
    expect(memory.cancelled).toBe(0);
    await fetchObject(contextOf(counterMode), { ...query, range: { offsetBytes: 2, lengthBytes: 3 } });
    expect(memory.gets[1]?.headers).toEqual({
      ...headers,
      range: 'bytes=2-4',
      'x-oss-range-behavior': 'standard',
    });
  });

  it.each([
    ['oss-crypto', 'oss-crypto', 1],
    ['sealed', 'sealed', 1],
    ['sealed', 'oss-crypto', 2],
    ['oss-crypto', 'sealed', 2],
  ] as const)('in %s is read whole and in ranges where %s is likely', async (format, likely, requests) => {
    const content = randomBytes(200_000);
    await store(format, content);
    memory.chunkBytes = 50_000;
    const scheme = likely === 'sealed' ? sealed : counterMode;
    expect(Buffer.compare(await read(format, scheme), content)).toBe(0);
    expect(memory.gets).toHaveLength(1);
    memory.gets.length = 0;
    const range = { offsetBytes: 150_000, lengthBytes: 20_000 };
    expect(Buffer.compare(await read(format, scheme, { range }), content.subarray(150_000, 170_000))).toBe(0);
    expect(memory.gets.length).toBeLessThanOrEqual(requests);
    // What was not of use was let go.
    expect(memory.cancelled).toBe(memory.gets.length - 1);
  });

  it('stored in another way is fetched once more, by its HEAD, where the range seems to be behind its end', async () => {
    const content = randomBytes(65_540);
    await store('oss-crypto', content);
    // A sealed object has these bytes in its second chunk, which begins behind the end of this one.
    const range = { offsetBytes: 65_537, lengthBytes: 3 };
    const headers = { 'x-oss-request-payer': 'requester' };
    expect(await read('oss-crypto', sealed, { range, headers })).toEqual(content.subarray(65_537));
    expect(memory.gets).toHaveLength(2);
    expect(memory.callsOf('head').map((call) => call.headers)).toEqual([headers]);
  });

  it('that becomes another one meanwhile, stored in another way, is refused', async () => {
    await store('oss-crypto', randomBytes(200_000));
    const later = memory.stored();
    await store('sealed', randomBytes(200_000));
    memory.before = ({ operation }) => {
      if (operation === 'get' && memory.gets.length === 2) memory.objects.set('k', later);
    };
    const query = { key: 'k', headers: {}, range: { offsetBytes: 65_537, lengthBytes: 3 } };
    await expect(fetchObject(contextOf(counterMode), query)).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    expect(memory.gets).toHaveLength(2);
    expect(memory.cancelled).toBe(2);
  });

  it('gives no chunk without bytes', async () => {
    for (const content of [randomBytes(70_000), new Uint8Array()]) {
      await store('sealed', content);
      memory.chunkBytes = 10_000;
      const fetched = await fetchObject(contextOf(sealed), { key: 'k', headers: {} });
      const key = await openObject(keysOf('sealed'), fetched, 'error', place);
      let sizeBytes = 0;
      for await (const chunk of readFetched(memory, fetched, key)) {
        expect(chunk.length).toBeGreaterThan(0);
        sizeBytes += chunk.length;
      }
      expect(sizeBytes).toBe(content.length);
    }
  });

  it('ends before the range, which is told as it is where nothing can prove it', async () => {
    await store('oss-crypto');
    const beyondEnd = vi.fn();
    const query = { key: 'k', headers: { a: 'b' }, range: { offsetBytes: 1000 } };
    await expect(fetchObject(contextOf(counterMode), query, beyondEnd)).rejects.toThrow(beyond);
    expect(beyondEnd).not.toHaveBeenCalled();
    // It could have been sealed, which stores more bytes.
    expect(memory.callsOf('head').map(({ headers }) => headers)).toEqual([{ a: 'b' }]);
    expect(memory.gets).toHaveLength(1);
  });

  it.each([
    ['likely', sealed],
    ['not likely', counterMode],
  ] as const)(
    'and is sealed, which is %s, ends before the range, which is to be proven',
    async (_, likely) => {
      await store('sealed');
      const failure = new Error('proven');
      const beyondEnd = vi.fn(() => Promise.reject(failure));
      const query = { key: 'k', headers: {}, range: { offsetBytes: 100_000 } };
      await expect(fetchObject(contextOf(likely), query, beyondEnd)).rejects.toBe(failure);
      expect(beyondEnd).toHaveBeenCalledTimes(1);
      expect(beyondEnd).toHaveBeenCalledWith(beyond, sealed);
      await expect(fetchObject(contextOf(likely), query)).rejects.toThrow(beyond);
    },
  );

  it.each([403, 404, 500])('fails with the answer %i of the server', async (status) => {
    const failure = new ServiceError('no', { service: 'OSS', status });
    memory.before = () => {
      throw failure;
    };
    const query = { key: 'k', headers: {}, range: { offsetBytes: 5 } };
    await expect(fetchObject(contextOf(counterMode), query)).rejects.toBe(failure);
    expect(memory.calls).toHaveLength(1);
    await expect(
      fetchRange(memory, {
        ...query,
        range: { offsetBytes: 0, lengthBytes: 5 },
        scheme: counterMode,
        storedSizeBytes: 10,
      }),
    ).rejects.toBe(failure);
  });

  it('lets the connection go when the answer is not to be understood', async () => {
    await store('oss-crypto');
    const spoils: ((headers: Record<string, string>) => Record<string, string>)[] = [
      (headers) => ({ ...headers, 'x-oss-meta-oss-crypto-key': '!' }),
      (headers) => ({ ...headers, 'content-length': 'x' }),
      (headers) => ({ ...headers, 'content-range': 'bytes 3-7/1000', 'content-length': '5' }),
    ];
    for (const [index, spoil] of spoils.entries()) {
      memory.spoil = (response) => ({ ...response, headers: spoil({ ...response.headers }) });
      const query = { key: 'k', headers: {}, range: { offsetBytes: 2, lengthBytes: 5 } };
      await expect(fetchObject(contextOf(counterMode), query)).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(ENVELOPE_MALFORMED|INTEGRITY)$/),
      });
      expect(memory.cancelled).toBe(index + 1);
    }
  });
});

describe('a range of an object that is known', () => {
  const query = (range: { offsetBytes: number; lengthBytes: number }, storedSizeBytes = 1000) => ({
    key: 'k',
    headers: { 'if-match': memory.stored().etag },
    versionId: 'v',
    scheme: counterMode,
    range,
    storedSizeBytes,
  });

  it('is asked for by its place', async () => {
    await store('oss-crypto');
    const { plan } = await fetchRange(memory, query({ offsetBytes: 10, lengthBytes: 5 }));
    expect(memory.gets[0]).toMatchObject({
      key: 'k',
      versionId: 'v',
      headers: { 'if-match': memory.stored().etag, range: 'bytes=10-14', 'x-oss-range-behavior': 'standard' },
    });
    expect(plan).toMatchObject({ sizeBytes: 1000, storedSizeBytes: 1000 });
    expect(memory.cancelled).toBe(0);
  });

  it('is refused where it is not what was sent, or not there', async () => {
    await store('oss-crypto');
    const behind = query({ offsetBytes: 1500, lengthBytes: 5 }, 2000);
    await expect(fetchRange(memory, behind)).rejects.toThrow(beyond);
    expect(memory.cancelled).toBe(0);
    memory.spoil = (response) => ({
      ...response,
      headers: { ...response.headers, 'content-range': 'bytes 11-15/1000' },
    });
    await expect(fetchRange(memory, query({ offsetBytes: 10, lengthBytes: 5 }))).rejects.toMatchObject({
      code: 'ERR_INTEGRITY',
    });
    expect(memory.cancelled).toBe(1);
  });
});

it('only a range that cannot be satisfied is beyond the end', async () => {
  await store('oss-crypto');
  const query = { key: 'k', headers: {}, range: { offsetBytes: 1000 } };
  const failure: unknown = await fetchObject(contextOf(counterMode), query).catch((error: unknown) => error);
  expect(isBeyondEnd(failure)).toBe(true);
  expect(isBeyondEnd(new ServiceError('no', { service: 'OSS', status: 416 }))).toBe(false);
  expect(isBeyondEnd(undefined)).toBe(false);
});

it('a response is let go when work with it fails, and then only', async () => {
  const cancel = vi.fn(async () => {});
  const response = { cancel } as unknown as DownloadResponse;
  expect(await releasedOnFailure(response, async () => 5)).toBe(5);
  expect(cancel).not.toHaveBeenCalled();
  await expect(releasedOnFailure(response, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(cancel).toHaveBeenCalledTimes(1);
});

describe('the key of an object', () => {
  const plain = async () => {
    memory.objects.set('k', { headers: {}, bytes: Uint8Array.from(plaintext), etag: '"p"' });
    return fetchObject(contextOf(sealed), { key: 'k', headers: {} });
  };

  it('is none of a plain one that is let through, which has no context', async () => {
    const fetched = await plain();
    expect(schemeOf(fetched.encryption)).toBe(counterMode);
    await expect(openObject(keysOf('sealed'), fetched, 'error', place)).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_MISSING',
    });
    expect(await openObject(keysOf('sealed'), fetched, 'pass', place)).toBeUndefined();
    expect(await openObject(keysOf('sealed'), fetched, 'pass', { ...place, context: {} })).toBeUndefined();
    const asked = { ...place, context: { a: 'b' } };
    await expect(openObject(keysOf('sealed'), fetched, 'pass', asked)).rejects.toMatchObject({
      code: 'ERR_OBJECT_MISMATCH',
    });
  });

  it('is not asked for when the object has another size than its envelope records', async () => {
    await store('oss-crypto');
    const fetched = await fetchObject(contextOf(counterMode), { key: 'k', headers: {} });
    const keys = keysOf('oss-crypto');
    expect(await openObject(keys, fetched, 'error', place)).toBeDefined();
    const sized = (sizeBytes: number | undefined) => ({ ...fetched, plan: { ...fetched.plan, sizeBytes } });
    expect(await openObject(keys, sized(undefined), 'error', place)).toBeDefined();
    for (const sizeBytes of [999, 1001]) {
      await expect(openObject(keys, sized(sizeBytes), 'error', place)).rejects.toMatchObject({
        code: 'ERR_INTEGRITY',
      });
    }
  });
});

describe('the sum of an object', () => {
  const wrong = (response: DownloadResponse): DownloadResponse => ({
    ...response,
    headers: { ...response.headers, 'x-oss-hash-crc64ecma': '1' },
  });
  const integrity = { code: 'ERR_INTEGRITY' };

  it('is compared where all of it was sent', async () => {
    await store('oss-crypto');
    memory.spoil = wrong;
    await expect(read('oss-crypto', counterMode)).rejects.toMatchObject(integrity);
    await expect(read('oss-crypto', counterMode, { range: { offsetBytes: 0 } })).rejects.toMatchObject(
      integrity,
    );
    // Part of it has another.
    for (const range of [{ offsetBytes: 1 }, { offsetBytes: 0, lengthBytes: 999 }, { lastBytes: 5 }]) {
      await expect(read('oss-crypto', counterMode, { range })).resolves.toBeDefined();
    }
    memory.crc64 = undefined;
    await expect(read('oss-crypto', counterMode)).resolves.toEqual(plaintext);
  });

  it('is compared also where a range needs the only unit that there is', async () => {
    await store('sealed');
    memory.spoil = wrong;
    const range = { offsetBytes: 10, lengthBytes: 5 };
    await expect(read('sealed', sealed, { range })).rejects.toMatchObject(integrity);
    memory.spoil = (response) => response;
    expect(await read('sealed', sealed, { range })).toEqual(plaintext.subarray(10, 15));
  });

  it('is not that of a plain object that the runtime has decoded', async () => {
    memory.objects.set('k', { headers: {}, bytes: Uint8Array.from(plaintext), etag: '"p"' });
    memory.spoil = wrong;
    const fetched = await fetchObject(contextOf(counterMode), { key: 'k', headers: {} });
    await expect(all(readFetched(memory, fetched, undefined))).rejects.toMatchObject(integrity);
    const again = await fetchObject(contextOf(counterMode), { key: 'k', headers: {} });
    const decoded = { ...again, response: { ...again.response, isDecoded: true } };
    expect(await all(readFetched(memory, decoded, undefined))).toEqual(plaintext);
    await store('oss-crypto');
    const encrypted = await fetchObject(contextOf(counterMode), { key: 'k', headers: {} });
    const key = await openObject(keysOf('oss-crypto'), encrypted, 'error', place);
    const damaged = { ...encrypted, response: { ...encrypted.response, isDecoded: true } };
    await expect(all(readFetched(memory, damaged, key))).rejects.toMatchObject(integrity);
  });
});

it('the recorded MD5 is compared where all of the content is read, and there only', async () => {
  const bucket = new EncryptedBucket({ transport: memory, provider, format: 'oss-crypto' });
  const contentMd5 = Buffer.alloc(16).toString('base64');
  await bucket.put('k', plaintext, { contentMd5 });
  await expect(read('oss-crypto', counterMode)).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
  const range = { offsetBytes: 1 };
  expect(await read('oss-crypto', counterMode, { range })).toEqual(plaintext.subarray(1));
});
