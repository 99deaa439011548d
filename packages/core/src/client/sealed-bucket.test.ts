import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import {
  EncryptedBucket,
  type EncryptedBucketOptions,
  InvalidArgumentError,
  ObjectMismatchError,
  OutOfRangeError,
  ServiceError,
} from '../index.js';

const provider = toyProvider(1, {
  wraps: { 'oss-crypto': 'rsa-oaep-sha1', sealed: 'toy' },
  unwraps: ['rsa-oaep-sha1', 'toy'],
});
let memory: MemoryTransport;
const bucketOf = (options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
  new EncryptedBucket({ transport: memory, provider, format: 'sealed', ...options });
const textOf = async (bucket: EncryptedBucket, options = {}): Promise<string> =>
  (await bucket.get('k', options)).text();
beforeEach(() => {
  memory = new MemoryTransport();
  memory.chunkBytes = 5000;
});

describe('what a format has no place for is refused', () => {
  it('an MD5 to record, before anything is sent', async () => {
    const contentMd5 = Buffer.alloc(16).toString('base64');
    const putting = bucketOf().put('k', 'content', { contentMd5 });
    await expect(putting).rejects.toThrow(InvalidArgumentError);
    await expect(putting).rejects.toThrow(/options\.contentMd5 must be left out/);
    expect(memory.calls).toEqual([]);
    await bucketOf({ format: 'oss-crypto' }).put('k', 'content', { contentMd5 });
  });
});

// S11.
describe('a context that is asked for', () => {
  it('is asked for besides that of the bucket, and not in its place', async () => {
    await bucketOf({ context: { tenant: '8', kind: 'x' } }).put('k', 'of 8');
    const reader = bucketOf({ context: { tenant: '7' } });
    await expect(textOf(reader, { context: { tenant: '8' } })).rejects.toThrow(ObjectMismatchError);
    await expect(reader.open('k', { context: { tenant: '8' } })).rejects.toThrow(ObjectMismatchError);
    await expect(reader.verify('k', { context: { tenant: '8' } })).rejects.toThrow(ObjectMismatchError);
    expect(await textOf(bucketOf({ context: { tenant: '8' } }), { context: { kind: 'x' } })).toBe('of 8');
  });

  it('is not there in an object of another format, or without encryption', async () => {
    const counter = bucketOf({ format: 'oss-crypto' });
    await counter.put('k', 'counter mode');
    const context = { tenant: '7' };
    for (const bucket of [counter, bucketOf({ reads: ['sealed', 'oss-crypto'] })]) {
      await expect(textOf(bucket, { context })).rejects.toThrow(ObjectMismatchError);
      await expect(bucket.open('k', { context })).rejects.toThrow(ObjectMismatchError);
      expect(await textOf(bucket, { context: {} })).toBe('counter mode');
    }
    // To move a bucket: what it writes has a context, and what it still reads has none.
    expect(await textOf(bucketOf({ reads: ['sealed', 'oss-crypto'], context }))).toBe('counter mode');

    memory.objects.set('k', { headers: {}, bytes: Buffer.from('plain'), etag: '"e"' });
    const passing = { onPlainObject: 'pass', context } as const;
    await expect(textOf(bucketOf(), passing)).rejects.toThrow(ObjectMismatchError);
    expect(await textOf(bucketOf(), { onPlainObject: 'pass' })).toBe('plain');
  });
});

describe('verify', () => {
  it('takes no range: a part would pass for the whole', async () => {
    await bucketOf().put('k', randomBytes(50_000));
    const options = { range: { offsetBytes: 0, lengthBytes: 1 } };
    const verifying = bucketOf().verify('k', options as object);
    await expect(verifying).rejects.toThrow(InvalidArgumentError);
    await expect(verifying).rejects.toThrow(/options\.range/);
    expect(await bucketOf().verify('k')).toMatchObject({ sizeBytes: 50_000, sizeIsProven: true });
  });
});

// S18.
describe('the sharing of wrapping keys', () => {
  it('ends at 2^32 objects, however long it may last', () => {
    expect(() => bucketOf({ keyReuse: { maxObjects: 2 ** 32 + 1 } })).toThrow(OutOfRangeError);
    expect(() => bucketOf({ keyReuse: { maxObjects: 2 ** 32 } })).not.toThrow();
  });
});

// S7.
describe.each(['sealed', 'oss-crypto'] as const)(
  'a range that the server says is beyond the end, to a bucket of %s',
  (format) => {
    const ranges = [{ offsetBytes: 5, lengthBytes: 3 }, { offsetBytes: 40_000 }, { lastBytes: 7 }];

    it.each(ranges)('is an error of the server when it is not: %j', async (range) => {
      await bucketOf().put('k', randomBytes(50_000));
      const { get } = memory;
      const lying = {
        ...memory,
        get: async (request: Parameters<typeof get>[0]) => {
          // The object is there to be verified, but these bytes are said not to be.
          if (request.headers.range !== 'bytes=-32816' || 'lastBytes' in range) {
            throw new ServiceError('no', { service: 'OSS', status: 416 });
          }
          return get(request);
        },
      };
      const reading = bucketOf({ transport: 'lastBytes' in range ? onlyWhole(get) : lying, format }).get(
        'k',
        { range },
      );
      await expect(reading).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    });

    const onlyWhole = (get: MemoryTransport['get']) => ({
      ...memory,
      get: async (request: Parameters<typeof get>[0]) => {
        if (request.headers.range !== undefined)
          throw new ServiceError('no', { service: 'OSS', status: 416 });
        return get(request);
      },
    });

    it('is an error of the envelope when that does not open', async () => {
      await bucketOf().put('k', randomBytes(50_000));
      const [stored] = memory.objects.values();
      stored!.bytes[stored!.bytes.length - 1]! ^= 1;
      const reading = bucketOf({ format }).get('k', { range: { offsetBytes: 50_000 } });
      await expect(reading).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    });

    it('is the failure of the second request when that fails in another way', async () => {
      await bucketOf().put('k', randomBytes(50_000));
      let requests = 0;
      const failing = {
        ...memory,
        get: async () => {
          const status = requests++ === 0 ? 416 : 403;
          throw new ServiceError('no', { service: 'OSS', status });
        },
      };
      const reading = bucketOf({ transport: failing, format }).get('k', { range: { offsetBytes: 60_000 } });
      await expect(reading).rejects.toMatchObject({ code: 'ERR_SERVICE', status: 403 });
      expect(requests).toBe(2);
    });

    it('is not asked for again when there was no range', async () => {
      let requests = 0;
      const failing = {
        ...memory,
        get: async () => {
          requests++;
          throw new ServiceError('no', { service: 'OSS', status: 416 });
        },
      };
      await expect(bucketOf({ transport: failing, format }).get('k')).rejects.toThrow();
      expect(requests).toBe(1);
    });

    it('is what it says when it is so', async () => {
      await bucketOf().put('k', '');
      await expect(bucketOf({ format }).get('k', { range: { lastBytes: 5 } })).rejects.toMatchObject({
        code: 'ERR_RANGE_NOT_SATISFIABLE',
      });
      for (const size of [0, 1, 16_384, 50_000]) {
        await bucketOf().put('k', randomBytes(size));
        for (const offsetBytes of [size, size + 1, size + 100_000]) {
          await expect(bucketOf({ format }).get('k', { range: { offsetBytes } })).rejects.toMatchObject({
            code: 'ERR_RANGE_NOT_SATISFIABLE',
          });
        }
      }
    });
  },
);
