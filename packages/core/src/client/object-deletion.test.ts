import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import {
  type DeleteObjectsRequest,
  EncryptedBucket,
  IncompleteDeletionError,
  type ObjectTransport,
  type RefusedDeletion,
  ServiceError,
} from '../index.js';

let memory: MemoryTransport;
let batches: (readonly string[])[];

beforeEach(() => {
  memory = new MemoryTransport();
  batches = [];
});

function bucketOf(
  refused: readonly RefusedDeletion[] = [],
  changes: Partial<ObjectTransport> = {},
): EncryptedBucket {
  const deleteMany = async ({ keys }: DeleteObjectsRequest): Promise<readonly RefusedDeletion[]> => {
    batches.push(keys);
    return refused.filter(({ key }) => keys.includes(key));
  };
  const transport = { ...memory, deleteMany, ...changes };
  return new EncryptedBucket({ transport, provider: toyProvider(1), format: 'oss-crypto' });
}
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${index}`);

describe('deleteMany', () => {
  it('sends a thousand keys at a time, each once', async () => {
    expect(await bucketOf().deleteMany([...numbered(2001), 'k2000'])).toEqual({ count: 2001 });
    expect(batches.map((batch) => batch.length)).toEqual([1000, 1000, 1]);
  });

  it('takes any iterable, and reads it as it is needed', async () => {
    async function* keys(): AsyncGenerator<string> {
      for (const key of numbered(1500)) {
        if (key === 'k1000') expect(batches).toHaveLength(1);
        yield key;
      }
    }
    await bucketOf().deleteMany(keys());
    await bucketOf().deleteMany(new Set(['a']));
    expect(batches.map((batch) => batch.length)).toEqual([1000, 500, 1]);
    expect(await bucketOf().deleteMany([])).toEqual({ count: 0 });
  });

  it('names each object that was not deleted, of all batches', async () => {
    const refused = [
      { key: 'k7', serviceCode: 'AccessDenied' },
      { key: 'k1003', serviceCode: undefined },
    ];
    const error = await bucketOf(refused)
      .deleteMany(numbered(1500))
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(IncompleteDeletionError);
    expect(error).toMatchObject({
      code: 'ERR_DELETION_INCOMPLETE',
      operation: 'deleteMany',
      failed: refused,
    });
    expect(String(error)).toContain('2 of 1500 objects were not deleted, such as "k7" (AccessDenied)');
    expect(batches).toHaveLength(2);
  });

  it('deletes one by one where the transport has no other way, and what XML cannot name', async () => {
    memory.before = ({ key }) => {
      if (key === 'b')
        throw new ServiceError('no', { service: 'OSS', status: 403, serviceCode: 'AccessDenied' });
    };
    const single = bucketOf([], { deleteMany: undefined }).deleteMany(['a', 'b', 'c']);
    await expect(single).rejects.toMatchObject({ failed: [{ key: 'b', serviceCode: 'AccessDenied' }] });
    expect(memory.calls.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    await bucketOf().deleteMany(['x', 'nul\0', 'y']);
    expect(batches).toEqual([['x', 'y']]);
    expect(memory.calls.at(-1)?.key).toBe('nul\0');
  });

  it('fails as its request does', async () => {
    const failure = new ServiceError('busy', { service: 'OSS', status: 503 });
    const deleteMany = async (): Promise<never> => {
      throw failure;
    };
    const error = bucketOf([], { deleteMany }).deleteMany(['a']);
    await expect(error).rejects.toMatchObject({ status: 503, operation: 'deleteMany' });
    memory.before = () => {
      throw failure;
    };
    await expect(bucketOf([], { deleteMany: undefined }).deleteMany(['a'])).rejects.toMatchObject({
      status: 503,
    });
  });

  it.each<[string, unknown, string]>([
    ['one key', 'abc', 'keys'],
    ['nothing', undefined, 'keys'],
    ['a list with an empty key', ['a', ''], 'keys.1'],
    ['a list with half a character', ['\ud800'], 'keys.0'],
    ['a list with a number', [1], 'keys.0'],
    ['a list with a key that begins with a slash', ['/a'], 'keys.0'],
    ['a list with a key that neither XML nor a URL can hold', ['a/../\0'], 'keys.0'],
  ])('refuses %s before anything is deleted', async (_, keys, argument) => {
    await expect(bucketOf().deleteMany(keys as string[])).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument,
    });
    expect(batches).toEqual([]);
  });

  it('takes keys with dot segments, which no URL can hold', async () => {
    await bucketOf().deleteMany(['a/../b', '.']);
    expect(batches).toEqual([['a/../b', '.']]);
    const single = bucketOf([], { deleteMany: undefined });
    await expect(single.deleteMany(['a/../b'])).rejects.toMatchObject({ argument: 'keys.0' });
  });

  it('ends with an abort, by its reason', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const deleteMany = async (): Promise<readonly RefusedDeletion[]> => {
      controller.abort(reason);
      return [];
    };
    const deleting = bucketOf([], { deleteMany }).deleteMany(numbered(2000), { signal: controller.signal });
    await expect(deleting).rejects.toBe(reason);
  });
});

describe('exists', () => {
  const refusing = (status: number, serviceCode?: string) => async (): Promise<never> => {
    throw new ServiceError('no', { service: 'OSS', status, serviceCode });
  };
  const is404 = refusing(404);

  it('says whether there is an object, encrypted or not', async () => {
    const bucket = bucketOf();
    await bucket.put('a', 'abc');
    expect(await bucket.exists('a')).toBe(true);
    const half = memory.objects.get('a');
    delete half?.headers['x-oss-meta-oss-crypto-key'];
    expect(await bucket.exists('a')).toBe(true);
    for (const code of ['NoSuchKey', 'NoSuchVersion']) {
      expect(await bucketOf([], { head: refusing(404, code) }).exists('a')).toBe(false);
    }
  });

  it('asks once more where a 404 does not say what is missing', async () => {
    const cases: [ObjectTransport['get'], boolean][] = [
      [refusing(404, 'NoSuchKey'), false],
      [refusing(416), true],
    ];
    for (const [get, expected] of cases)
      expect(await bucketOf([], { head: is404, get }).exists('a')).toBe(expected);
    const bucket = bucketOf([], { head: is404 });
    await bucket.put('a', 'abc');
    expect(await bucket.exists('a')).toBe(true);
    expect(memory.gets[0]?.headers.range).toBe('bytes=0-0');
    expect(memory.cancelled).toBe(1);
  });

  it.each<[string, Partial<ObjectTransport>]>([
    ['a bucket is missing', { head: refusing(404, 'NoSuchBucket') }],
    ['a bucket is missing, as the second answer says', { head: is404, get: refusing(404, 'NoSuchBucket') }],
    ['nobody says what is missing', { head: is404, get: is404 }],
    ['it is forbidden to look', { head: refusing(403, 'AccessDenied') }],
  ])('does not guess when %s', async (_, changes) => {
    await expect(bucketOf([], changes).exists('a')).rejects.toMatchObject({
      code: 'ERR_SERVICE',
      operation: 'exists',
      key: 'a',
    });
  });

  it('does not take the page of a proxy for an object', async () => {
    const head = async () => ({ status: 200, headers: { 'content-type': 'text/html' } });
    await expect(bucketOf([], { head }).exists('a')).rejects.toMatchObject({ code: 'ERR_TRANSPORT' });
  });
});
