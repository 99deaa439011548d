import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectSource, SourceItem } from '../contract/object-source.js';
import { type InventorySource, type InventorySourceOptions, openInventory } from './inventory-source.js';
import { rowPosition } from './row-position.js';

let oss: LocalOss;
beforeAll(async () => {
  oss = await startOss({ buckets: ['photos-lists'], maxLoggedRequests: 10_000 });
});
afterAll(() => oss.close());
beforeEach(async () => {
  for (const key of oss.keys('photos-lists')) await oss.deleteObject('photos-lists', key);
  oss.requests.clear();
});

const folder = 'lists/photos/nightly/2026-11-22T16-00Z';
const manifestKey = `${folder}/manifest.json`;
const columns = 'Bucket, Key, Size, StorageClass, LastModifiedDate, ETag, ObjectType';

const md5 = (bytes: Uint8Array | string): string =>
  createHash('md5').update(bytes).digest('hex').toUpperCase();

interface File {
  readonly name?: string;
  /** Lines of CSV, or all the bytes as they are stored. */
  readonly content: readonly string[] | Buffer;
  readonly md5?: string;
  readonly size?: number;
}

/** Stores an inventory, as OSS does. */
async function store(files: readonly File[], changes: Record<string, unknown> = {}): Promise<void> {
  const named = [];
  for (const [index, { name = `${index}.csv.gz`, content, ...claimed }] of files.entries()) {
    const key = `lists/photos/nightly/data/${name}`;
    const bytes = Buffer.isBuffer(content) ? content : gzipSync(content.map((line) => `${line}\n`).join(''));
    await oss.putObject('photos-lists', key, bytes);
    named.push({ MD5checksum: claimed.md5 ?? md5(bytes), key, size: claimed.size ?? bytes.length });
  }
  const manifest = JSON.stringify({
    creationTimestamp: '1795363200',
    destinationBucket: 'photos-lists',
    fileFormat: 'CSV',
    fileSchema: columns,
    files: named,
    sourceBucket: 'photos',
    version: '2019-09-01',
    ...changes,
  });
  await oss.putObject('photos-lists', manifestKey, manifest);
  await oss.putObject('photos-lists', `${folder}/manifest.checksum`, `${md5(manifest)}\n`);
}

const row = (key: string, more = '"104857","Standard","2026-11-20T03-04-05Z","9A03","Normal"'): string =>
  `"photos","${key}",${more}`;

function open(options: Partial<InventorySourceOptions> = {}): Promise<InventorySource> {
  const transport = fetchTransport({
    endpoint: oss.origin,
    region: oss.region,
    bucket: 'photos-lists',
    credentials: defaultOssAccount,
    sleep: async () => {},
  });
  return openInventory({ transport, manifestKey, bucketName: 'photos', prefix: '', ...options });
}

describe('how many objects an inventory names', () => {
  it('is counted, in all files, without taking part in what is read', async () => {
    await store([{ content: [row('a'), row('b+c')] }, { content: [row('d'), '"x","e",1'] }]);
    const source = await open({ prefix: '' });
    const before = { ...source.versionsSeen };
    // A plus sign leaves a doubt, and a row that is broken is listed too.
    expect(await source.count?.(undefined)).toEqual({ objects: 5, isExact: true });
    expect(source.versionsSeen).toEqual(before);
    expect(await (await open({ prefix: 'a' })).count?.(undefined)).toMatchObject({ objects: 2 });
    await store([]);
    expect(await (await open()).count?.(undefined)).toEqual({ objects: 0, isExact: true });
  });

  it('is taken from a part of large files, within a tenth', { timeout: 60_000 }, async () => {
    // Long keys that do not compress make files of more bytes than are looked at.
    const file = (): Buffer => {
      const rows = Array.from({ length: 10_000 }, () => row(randomBytes(470).toString('hex')));
      return gzipSync(`${rows.join('\n')}\n`, { level: 1 });
    };
    await store([{ content: file() }, { content: file() }]);
    const { objects, isExact } = (await (await open()).count?.(undefined)) ?? { objects: 0, isExact: true };
    expect(isExact).toBe(false);
    expect(Math.abs(objects - 20_000)).toBeLessThan(2_000);
  });
});

const lane = (number: number) => ({ lane: number, after: '', until: undefined });

async function all(source: ObjectSource, number = 0): Promise<{ items: SourceItem[]; broken: string[] }> {
  const items: SourceItem[] = [];
  const broken: string[] = [];
  let cursor = '';
  for (let pages = 0; pages < 10_000; pages++) {
    const page = await source.page(lane(number), cursor, undefined);
    items.push(...page.items);
    broken.push(...page.broken.map(({ message }) => message));
    if (page.isLast) return { items, broken };
    cursor = page.end ?? page.items.at(-1)?.position ?? cursor;
  }
  throw new Error('it does not end');
}

const keysOf = async (source: ObjectSource, number = 0): Promise<string[]> =>
  (await all(source, number)).items.map(({ key }) => key);

const integrity = (text: RegExp) =>
  expect.objectContaining({ code: 'ERR_INTEGRITY', message: expect.stringMatching(text) });

describe('an inventory', () => {
  it('names objects by the columns that its manifest names, in any spelling', async () => {
    await store([
      {
        content: [
          row('2026%2Fa%20b%2C%E7%85%A7%E7%89%87.jpg'),
          'photos,2026/bare.txt,7,IA,2026-10-02T11:00:00Z,"6C2B",Multipart',
          '"photos","q%22uote","0","null","","x","Normal"',
        ],
      },
    ]);
    const source = await open();
    expect(source.lanes).toBe(1);
    expect(source.createdAt).toEqual(new Date(1_795_363_200_000));
    expect((await all(source)).items).toEqual([
      {
        key: '2026/a b,照片.jpg',
        position: '0000000000000001',
        sizeBytes: 104_857,
        lastModified: new Date('2026-11-20T03:04:05Z'),
        storageClass: 'Standard',
      },
      {
        key: '2026/bare.txt',
        position: '0000000000000002',
        sizeBytes: 7,
        lastModified: new Date('2026-10-02T11:00:00Z'),
        storageClass: 'IA',
      },
      {
        key: 'q"uote',
        position: '0000000000000003',
        sizeBytes: 0,
        lastModified: undefined,
        storageClass: undefined,
      },
    ]);
  });

  it('has columns in another order, and ones that nobody knows', async () => {
    await store([{ content: ['x,9,a%2Fb,photos'] }], { fileSchema: 'Fresh,SIZE, kEy ,Bucket' });
    expect((await all(await open())).items).toMatchObject([{ key: 'a/b', sizeBytes: 9 }]);
  });

  it('names current objects only, and counts what else there is', async () => {
    await store(
      [
        {
          content: [
            'photos,a,V3,true,false',
            'photos,a,V2,false,false',
            'photos,a,null,false,false',
            'photos,b,V4,true,true',
            'photos,b,V1,false,false',
          ],
        },
      ],
      { fileSchema: 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker' },
    );
    const source = await open();
    expect(await keysOf(source)).toEqual(['a']);
    expect(source.versionsSeen).toEqual({ oldVersions: 3, deleteMarkers: 1 });
  });

  it('leaves a plus sign to HEAD until a row tells what it is', async () => {
    await store([{ content: [row('a+b')] }, { content: [row('a%20b'), row('a+b')] }]);
    expect(await keysOf(await open(), 0)).toEqual(['a+b', 'a b']);
    expect(await keysOf(await open(), 1)).toEqual(['a b', 'a+b']);
    await store([{ content: [row('a%2Bb'), row('a+b')] }]);
    expect(await keysOf(await open())).toEqual(['a+b', 'a b']);
    const doubtful = await open();
    await store([{ content: [row('a+b'), row('c')] }]);
    const [first, second, third] = (await all(await open({ pageSize: 1 }))).items;
    expect([first?.position, second?.position, third?.position]).toEqual([
      rowPosition(1),
      `${rowPosition(1)}+`,
      rowPosition(2),
    ]);
    await doubtful.close();
  });

  it('says of each row that names nothing what is wrong with it', async () => {
    await store([
      {
        content: [
          row('a'),
          '"photos","b"',
          row('100%'),
          row('%FF'),
          '"other","c","1","IA","","",""',
          row(''),
          row('%2Fd'),
          row('z'),
        ],
      },
    ]);
    const { items, broken } = await all(await open());
    expect(items.map(({ key }) => key)).toEqual(['a', 'z']);
    expect(broken.map((text) => text.match(/^Row \d+/)?.[0])).toEqual(
      [2, 3, 4, 5, 6, 7].map((number) => `Row ${number}`),
    );
    expect(broken.join()).not.toContain('%');
  });

  it('is read page by page, each file from its beginning once', async () => {
    const keys = Array.from(
      { length: 5000 },
      (_, i) => `k/${createHash('md5').update(String(i)).digest('hex')}`,
    );
    await store([
      { content: keys.slice(0, 3000).map((key) => row(key)) },
      { content: keys.slice(3000).map((key) => row(key)) },
    ]);
    const source = await open({ pageSize: 100, pieceBytes: 20_000 });
    expect(source.lanes).toBe(2);
    // Both at once, as ranges are worked on.
    expect((await Promise.all([keysOf(source, 0), keysOf(source, 1)])).flat()).toEqual(keys);
    const ranges = oss.requests.of('GetObject').filter(({ key }) => key?.includes('/data/'));
    const sizes = await Promise.all(
      ['0', '1'].map(
        async (name) =>
          (await oss.getObject('photos-lists', `lists/photos/nightly/data/${name}.csv.gz`)).bytes.length,
      ),
    );
    expect(ranges.length).toBe(sizes.reduce((sum, size) => sum + Math.ceil(size / 20_000), 0));
  });

  it('goes on behind any row, and ends where a range does', async () => {
    await store([{ content: Array.from({ length: 50 }, (_, i) => row(`k${i}`)) }]);
    const source = await open({ pageSize: 10 });
    for (const start of [0, 7, 10, 40, 49, 50]) {
      const page = await source.page(lane(0), start === 0 ? '' : rowPosition(start), undefined);
      expect(page.items.map(({ key }) => key)).toEqual(
        Array.from({ length: Math.min(10, 50 - start) }, (_, i) => `k${start + i}`),
      );
      expect(page.isLast).toBe(start >= 40);
    }
    const range = { lane: 0, after: rowPosition(3), until: rowPosition(5) };
    const page = await source.page(range, range.after, undefined);
    expect([page.items.map(({ key }) => key), page.isLast]).toEqual([['k3', 'k4'], true]);
    await source.close();
  });

  it('keeps to a prefix, and still says how far it is', async () => {
    await store([{ content: Array.from({ length: 30 }, (_, i) => row(`${i % 10 === 0 ? 'a' : 'b'}/${i}`)) }]);
    const source = await open({ prefix: 'a/', pageSize: 4 });
    const page = await source.page(lane(0), rowPosition(1), undefined);
    expect([page.items, page.end, page.isLast]).toEqual([[], rowPosition(5), false]);
    expect(await keysOf(source)).toEqual(['a/0', 'a/10', 'a/20']);
  });

  it('may be incremental, which has no checksum and is not compressed', async () => {
    const rows = ['1,CREATE,t,photos,a', '2,DELETE,t,photos,null', '3,UPDATE_METADATA,t,photos,b'];
    await store([{ name: 'x_0.csv', content: Buffer.from(rows.join('\n')) }], {
      creationTimestamp: undefined,
      startTimestamp: '1795363200',
      endTimestamp: '1795363800',
      fileSchema: 'SequenceNumber, RecordType, RecordTimestamp, Bucket, Key',
    });
    await oss.deleteObject('photos-lists', `${folder}/manifest.checksum`);
    const source = await open();
    expect(source.isIncremental).toBe(true);
    expect(await keysOf(source)).toEqual(['a', 'b']);
  });
});

describe('an inventory is refused', () => {
  it('of another bucket, by name', async () => {
    await store([], { sourceBucket: 'videos' });
    await expect(open()).rejects.toThrow(/"videos".*"photos"/);
  });

  it.each([
    ['that is no JSON', 'x', /no JSON/],
    ['that lacks its files', { files: undefined }, /files/],
    ['whose file is no key', { files: [{ key: '/x', size: 1 }] }, /files\.0\.key/],
    [
      'that names a file twice',
      {
        files: [
          { key: 'x', size: 1 },
          { key: 'x', size: 1 },
        ],
      },
      /twice/,
    ],
    ['without a column of keys', { fileSchema: 'Bucket, Size' }, /column Key/],
    ['without a time', { creationTimestamp: 'soon' }, /creationTimestamp/],
    ['whose size is none', { files: [{ key: 'x', size: -1 }] }, /size/],
  ] as const)('%s', async (_what, change, text) => {
    if (change === 'x') {
      await store([]);
      await oss.putObject('photos-lists', manifestKey, 'x');
    } else await store([], change);
    await expect(open()).rejects.toEqual(integrity(text));
  });

  it('in another format, and without its checksum', async () => {
    await store([], { fileFormat: 'Parquet' });
    await expect(open()).rejects.toThrow(/Parquet/);
    await store([]);
    await oss.deleteObject('photos-lists', `${folder}/manifest.checksum`);
    await expect(open()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('whose manifest is not what its checksum says', async () => {
    await store([]);
    await oss.putObject('photos-lists', `${folder}/manifest.checksum`, md5('other'));
    await expect(open()).rejects.toEqual(integrity(/MD5/));
  });

  it('with a damaged file, before its last rows are given', async () => {
    const content = Array.from({ length: 20 }, (_, i) => row(`k${i}`));
    await store([{ content, md5: md5('other') }]);
    for (const pageSize of [10, 20, 7]) {
      const source = await open({ pageSize });
      const given: string[] = [];
      const reading = async (): Promise<void> => {
        for (let cursor = ''; ; ) {
          const page = await source.page(lane(0), cursor, undefined);
          given.push(...page.items.map(({ key }) => key));
          if (page.isLast) return;
          cursor = page.end as string;
        }
      };
      await expect(reading()).rejects.toEqual(integrity(/MD5/));
      expect(given).not.toContain('k19');
    }
  });

  it.each([
    ['is longer than the manifest says', gzipSync(row('a')), { size: 10 }, /gzip|MD5|shorter/],
    ['is shorter than the manifest says', gzipSync(row('a')), { size: 10_000 }, /shorter/],
    ['is not compressed', Buffer.from(row('a')), {}, /gzip/],
    ['unpacks to a bomb', gzipSync(`${'a'.repeat(997)},b\n`.repeat(2000)), {}, /times its size/],
    [
      'has a row without an end',
      gzipSync(Buffer.from(`"photos","${'a'.repeat(100_000)}`)),
      {},
      /longer than/,
    ],
  ] as const)('whose file %s', async (_what, content, claimed, text) => {
    await store([{ content, ...claimed }]);
    await expect(all(await open())).rejects.toEqual(integrity(text));
  });

  it('with a damaged file whose last bytes are late, though all rows are there', async () => {
    // The parser wants some bytes behind a row.
    const text = `${Array.from({ length: 20 }, (_, i) => row(`k${i}`)).join('\n')}${'\n'.repeat(1000)}`;
    const content = gzipSync(text);
    await store([{ content, md5: md5('other') }]);
    // The last piece is what gzip says of the rows before it.
    const source = await open({ pageSize: 20, pieceBytes: content.length - 8 });
    oss.faults.add({ kind: 'delay', delayMs: 200, match: { operation: 'GetObject' }, times: 2 });
    await expect(source.page(lane(0), '', undefined)).rejects.toEqual(integrity(/MD5/));
  });

  it('whose file is replaced while it is read', async () => {
    const content = Array.from({ length: 3000 }, (_, i) =>
      row(`k${createHash('md5').update(String(i)).digest('hex')}`),
    );
    await store([{ content }]);
    const source = await open({ pageSize: 10, pieceBytes: 5000 });
    const page = await source.page(lane(0), '', undefined);
    await oss.putObject('photos-lists', 'lists/photos/nightly/data/0.csv.gz', gzipSync('x'.repeat(200_000)));
    const rest = async (): Promise<void> => {
      for (let { end, isLast } = page; !isLast; )
        ({ end, isLast } = await source.page(lane(0), end as string, undefined));
    };
    await expect(rest()).rejects.toEqual(integrity(/replaced/));
  });
});

it('a body that breaks off is asked for again', async () => {
  await store([{ content: Array.from({ length: 500 }, (_, i) => row(`k${i}`)) }]);
  const source = await open({ pageSize: 100, pieceBytes: 1000 });
  oss.faults.add({ kind: 'reset-response', afterBytes: 100, match: { operation: 'GetObject' }, times: 2 });
  expect((await keysOf(source)).length).toBe(500);
});

it('an abort ends a page with its reason, and the range can be gone on with', async () => {
  await store([{ content: Array.from({ length: 100 }, (_, i) => row(`k${i}`)) }]);
  const source = await open({ pageSize: 10, pieceBytes: 100 });
  const first = await source.page(lane(0), '', undefined);
  const reason = new Error('enough');
  await expect(source.page(lane(0), first.end as string, AbortSignal.abort(reason))).rejects.toBe(reason);
  // What the first reader reads ahead may be one of them.
  oss.faults.add({
    kind: 'stall-response',
    match: { operation: 'GetObject' },
    times: Number.POSITIVE_INFINITY,
  });
  const abort = new AbortController();
  const stalled = source.page(lane(0), rowPosition(90), abort.signal);
  setTimeout(() => abort.abort(reason), 50);
  await expect(stalled).rejects.toBe(reason);
  oss.faults.clear();
  const page = await source.page(lane(0), first.end as string, undefined);
  expect(page.items[0]?.key).toBe('k10');
});
