import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import {
  EncryptedBucket,
  type EncryptedBucketOptions,
  type ListedEntry,
  type ListedObject,
  type ListObjectsRequest,
  type ListOptions,
  type ObjectPage,
  ServiceError,
  TransportError,
} from '../index.js';

let memory: MemoryTransport;
let asked: ListObjectsRequest[];

beforeEach(() => {
  memory = new MemoryTransport();
  asked = [];
});

const object = (key: string, sizeBytes = 1): ListedObject => ({
  key,
  sizeBytes,
  etag: '"e"',
  lastModified: new Date(0),
  storageClass: 'Standard',
});
const page = (
  keys: readonly string[],
  next?: string,
  commonPrefixes: readonly string[] = [],
): ObjectPage => ({
  objects: keys.map((key) => object(key)),
  commonPrefixes,
  nextContinuationToken: next,
});

/** A bucket whose server gives these pages, or what a function makes of each request. */
function bucketOf(
  pages: readonly ObjectPage[] | ((request: ListObjectsRequest) => ObjectPage),
  options: Partial<EncryptedBucketOptions> = {},
): EncryptedBucket {
  const list = async (request: ListObjectsRequest): Promise<ObjectPage> => {
    asked.push(request);
    return typeof pages === 'function' ? pages(request) : (pages[asked.length - 1] as ObjectPage);
  };
  const transport = { ...memory, bucketName: 'photos', list };
  return new EncryptedBucket({ transport, provider: toyProvider(1), format: 'oss-crypto', ...options });
}

async function entriesOf(bucket: EncryptedBucket, options?: ListOptions): Promise<ListedEntry[]> {
  const entries: ListedEntry[] = [];
  for await (const entry of bucket.list(options)) entries.push(entry);
  return entries;
}
const namesOf = (entries: readonly ListedEntry[]): string[] =>
  entries.map((entry) => (entry.kind === 'object' ? entry.key : entry.prefix));

describe('a list', () => {
  it('goes on from page to page, and gives objects and common prefixes in one order', async () => {
    const bucket = bucketOf([
      page(['p/a', 'p/c'], 'next', ['p/b/']),
      page([], 'empty'),
      page(['p/\uffff', 'p/\u{10000}']),
    ]);
    const options = { prefix: 'p/', delimiter: '/', startAfter: 'p/', pageSize: 3 };
    expect(namesOf(await entriesOf(bucket, options))).toEqual([
      'p/a',
      'p/b/',
      'p/c',
      'p/\uffff',
      'p/\u{10000}',
    ]);
    expect(asked.map(({ startAfter, continuationToken }) => [startAfter, continuationToken])).toEqual([
      ['p/', undefined],
      [undefined, 'next'],
      [undefined, 'empty'],
    ]);
    expect(asked[0]).toMatchObject({ prefix: 'p/', delimiter: '/', maxKeys: 3 });
  });

  it('asks for a page when it is needed, and starts anew with each iteration', async () => {
    const bucket = bucketOf(({ continuationToken = '0' }) => {
      const number = Number(continuationToken);
      return page([`k${String(number).padStart(9, '0')}`], String(number + 1));
    });
    const list = bucket.list();
    for (const _ of [1, 2]) {
      asked = [];
      const seen: string[] = [];
      for await (const entry of list) {
        seen.push(...namesOf([entry]));
        if (seen.length === 3) break;
      }
      expect(seen).toEqual(['k000000000', 'k000000001', 'k000000002']);
      expect(asked).toHaveLength(3);
    }
  });

  it('of keys that no URL can hold gives them all', async () => {
    const keys = ['\u0001', '\t', '\r\n', ' ', '.', '..', 'a/../b', 'a//b', 'a\\b', 'a\u007f', 'é', '\u2028'];
    expect(namesOf(await entriesOf(bucketOf([page(keys)])))).toEqual(keys);
  });

  it('may start in the middle of a group', async () => {
    const options = { delimiter: '/', startAfter: 'a/m' };
    expect(namesOf(await entriesOf(bucketOf([page(['b'], undefined, ['a/'])]), options))).toEqual([
      'a/',
      'b',
    ]);
  });

  it.each<[string, readonly ObjectPage[], ListOptions]>([
    ['a page that leads to itself', [page(['a'], 't'), page(['b'], 't')], {}],
    ['a page that comes again', [page(['a', 'b'], 't'), page(['a', 'b'], 'u')], {}],
    ['a key twice', [page(['a', 'a'])], {}],
    ['keys in another order', [page(['b', 'a'])], {}],
    ['common prefixes in another order', [page([], undefined, ['b/', 'a/'])], { delimiter: '/' }],
    ['a page that goes back', [page(['b'], 't'), page(['a'])], {}],
    ['a key outside the prefix', [page(['a/x', 'b/x'])], { prefix: 'a/' }],
    ['a common prefix outside the prefix', [page([], undefined, ['b/'])], { prefix: 'a/', delimiter: '/' }],
    ['a common prefix where none was asked for', [page([], undefined, ['a/'])], {}],
    ['a common prefix that does not end so', [page([], undefined, ['a'])], { delimiter: '/' }],
    ['a key before the start', [page(['a'])], { startAfter: 'b' }],
    ['the key that it starts after', [page(['a'])], { startAfter: 'a' }],
  ])('with %s is refused', async (_, pages, options) => {
    const error = await entriesOf(bucketOf(pages), options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ operation: 'list', bucket: 'photos', retryable: false });
    expect(String(error)).toContain('list in the bucket photos: The list cannot be trusted');
  });

  it('of empty pages without end is refused', async () => {
    const bucket = bucketOf(({ continuationToken = '0' }) => page([], String(Number(continuationToken) + 1)));
    await expect(entriesOf(bucket)).rejects.toThrow('more than 100 pages in a row hold nothing');
    expect(asked).toHaveLength(101);
  });

  it('needs a transport that lists', async () => {
    const bucket = new EncryptedBucket({ transport: memory, provider: toyProvider(1), format: 'oss-crypto' });
    await expect(entriesOf(bucket)).rejects.toMatchObject({
      code: 'ERR_CAPABILITY_MISSING',
      capability: 'list',
    });
  });

  it.each<[string, object]>([
    ['options.pageSize', { pageSize: 0 }],
    ['options.pageSize', { pageSize: 1001 }],
    ['options.delimiter', { delimiter: '' }],
    ['options.prefix', { prefix: 1 }],
    ['options.maxKeys', { maxKeys: 1 }],
    ['options.concurrency', { concurrency: 0 }],
  ])('refuses a wrong %s', async (argument, options) => {
    await expect(entriesOf(bucketOf([page([])]), options)).rejects.toMatchObject({ argument });
    expect(asked).toEqual([]);
  });

  it('ends with an abort, by its reason', async () => {
    const controller = new AbortController();
    const bucket = bucketOf([page(['a'], 't'), page(['b'])]);
    const reason = new Error('enough');
    const reading = async (): Promise<void> => {
      for await (const _ of bucket.list({ signal: controller.signal })) controller.abort(reason);
    };
    await expect(reading()).rejects.toBe(reason);
    expect(asked).toHaveLength(1);
  });
});

describe('sizes', () => {
  const sealedSize = 56 + 5 + 16;
  const first = async (bucket: EncryptedBucket): Promise<ListedEntry | undefined> =>
    (await entriesOf(bucket))[0];
  const one = (sizeBytes: number): ObjectPage[] => [
    { objects: [object('a', sizeBytes)], commonPrefixes: [], nextContinuationToken: undefined },
  ];

  it.each<[string, Partial<EncryptedBucketOptions>, number, number | undefined]>([
    ['are those of sealed objects where the bucket reads nothing else', { format: 'sealed' }, sealedSize, 5],
    ['are unknown for what cannot be sealed', { format: 'sealed' }, 3, undefined],
    [
      'are unknown where plain objects pass',
      { format: 'sealed', onPlainObject: 'pass' },
      sealedSize,
      undefined,
    ],
    ['are unknown where several formats are read', {}, 77, undefined],
    ['are what is stored in counter mode', { reads: ['oss-crypto', 'client-side-encryption'] }, 77, 77],
  ])('%s', async (_, options, storedSizeBytes, sizeBytesIfOpened) => {
    expect(await first(bucketOf(one(storedSizeBytes), options))).toMatchObject({
      storedSizeBytes,
      sizeBytes: undefined,
      sizeBytesIfOpened,
    });
  });

  it('are asked for by withInfo, several at once and in order, and one bad object does not end the list', async () => {
    const bucket = bucketOf([page(['broken', 'gone', 'k1', 'k2', 'k3', 'x/../y'], undefined)]);
    for (const key of ['k1', 'k2', 'k3']) await bucket.put(key, 'abc');
    await bucket.put('broken', 'abc');
    delete memory.objects.get('broken')?.headers['x-oss-meta-oss-crypto-start'];
    let [underWay, most] = [0, 0];
    memory.before = async ({ operation, key }) => {
      if (operation !== 'head') return;
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, key === 'k1' ? 30 : 5));
      underWay--;
      if (key === 'gone') throw new ServiceError('gone', { service: 'OSS', status: 404 });
    };
    const entries = await entriesOf(bucket, { withInfo: true, concurrency: 2 });
    expect(
      entries.map((entry) => entry.kind === 'object' && [entry.key, entry.sizeBytes, entry.failure?.code]),
    ).toEqual([
      ['broken', undefined, 'ERR_ENVELOPE_MALFORMED'],
      ['gone', undefined, 'ERR_SERVICE'],
      ['k1', 3, undefined],
      ['k2', 3, undefined],
      ['k3', 3, undefined],
      ['x/../y', undefined, 'ERR_INVALID_ARGUMENT'],
    ]);
    expect(most).toBe(2);
  });

  it('that cannot be asked for end the list, and what is under way is given up', async () => {
    const bucket = bucketOf([page(['a', 'b', 'c'])]);
    memory.before = ({ operation, key }) => {
      if (operation === 'head') throw new TransportError(`no network for ${key}`, { retryable: true });
    };
    await expect(entriesOf(bucket, { withInfo: true })).rejects.toMatchObject({
      operation: 'head',
      key: 'a',
    });

    const signals: (AbortSignal | undefined)[] = [];
    const list = async (): Promise<ObjectPage> => page(['a', 'b', 'c']);
    const head = async ({ signal }: { signal?: AbortSignal | undefined }) => {
      signals.push(signal);
      return { status: 200, headers: { etag: '"e"', 'content-length': '1' } };
    };
    const transport = { ...memory, list, head };
    const other = new EncryptedBucket({ transport, provider: toyProvider(1), format: 'oss-crypto' });
    for await (const _ of other.list({ withInfo: true })) break;
    expect(signals.length).toBeGreaterThan(0);
    expect(signals.every((signal) => signal?.aborted)).toBe(true);
  });
});
