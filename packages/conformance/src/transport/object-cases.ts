import { assert, assertEqual, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { oddKeys } from '../odd-keys.js';
import { asView, chunksOf, collectBytes, sampleBytes } from '../sample-bytes.js';
import { transportCase } from './transport-bench.js';
import type { TransportSubject } from './transport-subject.js';

const sizes = [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 1_048_576];

/** Whole objects: bytes and chunks up and down, names, headers, looking, deleting, copying. */
export const objectCases: readonly ConformanceCase<TransportSubject>[] = [
  ...sizes.map((sizeBytes) =>
    transportCase(`${sizeBytes} bytes come back as they went`, async (bench) => {
      const key = bench.key();
      const bytes = sampleBytes(sizeBytes);
      await bench.put(key, bytes);
      const response = await bench.get(key);
      assertEqual(response.status, 200, 'the status of a whole object');
      assertEqual(response.headers['content-length'], String(sizeBytes), 'the header content-length');
      assertSameBytes(await collectBytes(response.chunks), bytes, 'what came back');
    }),
  ),
  transportCase('a view into a larger buffer is sent alone', async (bench) => {
    const key = bench.key();
    const bytes = sampleBytes(100);
    const view = asView(bytes);
    await bench.put(key, view);
    assertSameBytes(view, bytes, "the caller's bytes after the call");
    assertSameBytes(await bench.read(key), bytes, 'what came back');
  }),
  transportCase('chunks of a known size come back as they went', async (bench) => {
    const key = bench.key();
    const bytes = sampleBytes(300_000);
    await bench.putChunks(key, chunksOf(bytes, 70_001), bytes.length);
    assertSameBytes(await bench.read(key), bytes, 'what came back');
  }),
  transportCase('chunks of an unknown size come back as they went', async (bench) => {
    const key = bench.key();
    const bytes = sampleBytes(300_000);
    await bench.putChunks(key, chunksOf(bytes, 70_001));
    assertSameBytes(await bench.read(key), bytes, 'what came back');
  }),
  transportCase('chunks may be empty, and there may be none', async (bench) => {
    const [withEmpty, without, announced] = [bench.key(), bench.key(), bench.key()];
    const chunks = [
      new Uint8Array(0),
      Uint8Array.of(1, 2),
      new Uint8Array(0),
      Uint8Array.of(3),
      new Uint8Array(0),
    ];
    await bench.putChunks(withEmpty, listed(chunks), 3);
    await bench.putChunks(without, listed([]));
    await bench.putChunks(announced, listed([]), 0);
    assertSameBytes(await bench.read(withEmpty), Uint8Array.of(1, 2, 3), 'what came back');
    assertEqual((await bench.read(without)).length, 0, 'the size of an object without a chunk');
    assertEqual((await bench.read(announced)).length, 0, 'the size of an object announced as empty');
  }),
  transportCase('a source that uses one buffer again and again arrives intact', async (bench) => {
    const key = bench.key();
    const bytes = sampleBytes(400_000);
    await bench.putChunks(key, inOneBuffer(bytes, 50_000), bytes.length);
    assertSameBytes(await bench.read(key), bytes, 'what came back');
  }),
  transportCase('an error of the source is the error of the call, and nothing is stored', async (bench) => {
    for (const sizeBytes of [undefined, 200_000]) {
      const key = bench.key();
      const failure = new Error('the disk is gone');
      const error = await bench.putChunks(key, failing(sampleBytes(100_000), failure), sizeBytes).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert(error === failure, 'the call must reject with the error that the source threw');
      await bench.assertAbsent(key);
    }
  }),
  transportCase('a source that fails after its last byte leaves no object', async (bench) => {
    for (const sizeBytes of [undefined, 100_000]) {
      const key = bench.key();
      const failure = new Error('the content was longer than it should be');
      const error = await bench.putChunks(key, failing(sampleBytes(100_000), failure), sizeBytes).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert(error === failure, 'the call must reject with the error that the source threw');
      await bench.assertAbsent(key);
    }
  }),
  ...oddKeys.map(([what, suffix]) =>
    transportCase(`a key with ${what} names the same object everywhere`, async (bench) => {
      const key = bench.key(suffix);
      const bytes = sampleBytes(20);
      await bench.put(key, bytes);
      assertSameBytes(await bench.read(key), bytes, 'what came back');
      const { headers } = await bench.transport.head({ key, headers: {} });
      assertEqual(headers['content-length'], '20', 'the header content-length');
      if (!bench.lacks('copy')) {
        const copy = bench.key();
        await bench.copy({ key: copy, sourceKey: key, headers: {} });
        assertSameBytes(await bench.read(copy), bytes, 'the copy');
      }
      if (!bench.lacks('list')) {
        const { objects } = await bench.list({ prefix: key, headers: {} });
        assertEqual(objects.find((object) => object.key === key)?.sizeBytes, 20, 'the size in a list');
      }
      await bench.transport.delete({ key, headers: {} });
      await bench.assertAbsent(key);
    }),
  ),
  transportCase('a key with a dot segment never names another object', async (bench) => {
    const target = bench.key();
    const key = `${target}-x/../${target.slice(target.lastIndexOf('/') + 1)}`;
    await bench.put(target, Uint8Array.of(1));
    // Refused, or stored under just this name; but not resolved.
    await bench.put(key, Uint8Array.of(2)).catch(() => {});
    assertSameBytes(await bench.read(target), Uint8Array.of(1), 'the object that the key must not reach');
    await bench.transport.delete({ key, headers: {} }).catch(() => {});
    assertSameBytes(await bench.read(target), Uint8Array.of(1), 'the object that the key must not reach');
  }),
  transportCase('metadata and content headers come back', async (bench) => {
    const key = bench.key();
    const headers = {
      'content-type': 'text/x-sample',
      'cache-control': 'no-cache',
      'x-oss-meta-colour': 'blue green',
      'x-oss-meta-empty-looking': '-',
    };
    await bench.put(key, sampleBytes(10), headers);
    const head = await bench.transport.head({ key, headers: {} });
    const got = await bench.get(key);
    await got.cancel();
    for (const [name, value] of Object.entries(headers)) {
      assertEqual(head.headers[name], value, `the header ${name} of HEAD`);
      assertEqual(got.headers[name], value, `the header ${name} of GET`);
    }
  }),
  transportCase('what is put without a content type has none guessed from its name', async (bench) => {
    const key = bench.key('.html');
    await bench.put(key, sampleBytes(10), { 'content-type': 'application/octet-stream' });
    const { headers } = await bench.transport.head({ key, headers: {} });
    assertEqual(headers['content-type'], 'application/octet-stream', 'the header content-type');
  }),
  transportCase('all response headers are given, named in lower case', async (bench) => {
    const key = bench.key();
    const put = await bench.put(key, sampleBytes(10));
    const head = await bench.transport.head({ key, headers: {} });
    const got = await bench.get(key);
    await got.cancel();
    for (const [call, headers] of [
      ['PUT', put.headers],
      ['HEAD', head.headers],
      ['GET', got.headers],
    ] as const) {
      for (const name of Object.keys(headers)) {
        assertEqual(name, name.toLowerCase(), `the name of a header of ${call}`);
      }
      assert((headers.etag ?? '') !== '', `${call} must give the header etag`);
      assert((headers['x-oss-request-id'] ?? '') !== '', `${call} must give the header x-oss-request-id`);
    }
    assertEqual(head.headers.etag, put.headers.etag, 'the header etag of HEAD');
    assert((head.headers['last-modified'] ?? '') !== '', 'HEAD must give the header last-modified');
  }),
  transportCase("the caller's headers are not changed", async (bench) => {
    const key = bench.key();
    const headers = Object.freeze({ 'x-oss-meta-a': 'b' });
    await bench.put(key, sampleBytes(10), headers);
    const empty = Object.freeze({});
    await bench.transport.head({ key, headers: empty });
    if (!bench.lacks('copy')) await bench.copy({ key: bench.key(), sourceKey: key, headers: empty });
  }),
  transportCase('what is not there is refused with 404', async (bench) => {
    const key = bench.key();
    const got = await bench.refused(() => bench.get(key), 404, 'getting what is not there');
    assertEqual(got.serviceCode, 'NoSuchKey', 'the service code for getting what is not there');
    assertEqual(typeof got.requestId, 'string', 'the type of the request id of a refusal');
    assertEqual(got.retryable, false, 'whether asking for what is not there may succeed later');
    await bench.assertAbsent(key);
    if (bench.lacks('copy')) return;
    const copy = bench.key();
    const copying = (): Promise<unknown> => bench.copy({ key: copy, sourceKey: key, headers: {} });
    await bench.refused(copying, 404, 'copying what is not there');
  }),
  transportCase('deleting takes the object away, and succeeds when there is none', async (bench) => {
    const key = bench.key();
    await bench.put(key, sampleBytes(10));
    const { status } = await bench.transport.delete({ key, headers: {} });
    assert(status >= 200 && status < 300, 'deleting must give a status of 2xx');
    await bench.assertAbsent(key);
    await bench.transport.delete({ key, headers: {} });
  }),
  transportCase('an object is replaced, unless the headers forbid it', async (bench) => {
    const key = bench.key();
    await bench.put(key, Uint8Array.of(1));
    await bench.put(key, Uint8Array.of(2));
    const forbid = { 'x-oss-forbid-overwrite': 'true' };
    await bench.refused(
      () => bench.put(key, Uint8Array.of(3), forbid),
      409,
      'replacing where that is forbidden',
    );
    assertSameBytes(await bench.read(key), Uint8Array.of(2), 'what came back');
  }),
  transportCase('conditions are sent, and a failed one is refused', async (bench) => {
    const key = bench.key();
    const { headers } = await bench.put(key, sampleBytes(10));
    const etag = headers.etag ?? '';
    const other = '"00000000000000000000000000000000"';
    assertSameBytes(await bench.read(key, { 'if-match': etag }), sampleBytes(10), 'what came back');
    assertSameBytes(await bench.read(key, { 'if-none-match': other }), sampleBytes(10), 'what came back');
    const getting = (condition: Record<string, string>) => (): Promise<unknown> => bench.get(key, condition);
    await bench.refused(getting({ 'if-match': other }), 412, 'getting with another etag');
    await bench.refused(getting({ 'if-none-match': etag }), 304, 'getting what is known');
    const looking = (): Promise<unknown> => bench.transport.head({ key, headers: { 'if-none-match': etag } });
    await bench.refused(looking, 304, 'looking at what is known');
  }),
  transportCase(
    'a copy has the bytes and the metadata, or the new ones',
    async (bench) => {
      const [sourceKey, same, replaced] = [bench.key(), bench.key(), bench.key()];
      await bench.put(sourceKey, sampleBytes(1000), { 'x-oss-meta-a': 'old' });
      await bench.copy({ key: same, sourceKey, headers: {} });
      const directive = { 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-a': 'new' };
      await bench.copy({ key: replaced, sourceKey, headers: directive });
      for (const [key, value] of [
        [same, 'old'],
        [replaced, 'new'],
      ] as const) {
        assertSameBytes(await bench.read(key), sampleBytes(1000), 'the copy');
        const { headers } = await bench.transport.head({ key, headers: {} });
        assertEqual(headers['x-oss-meta-a'], value, 'the metadata of the copy');
      }
    },
    ['copy'],
  ),
  transportCase(
    'a copy onto itself replaces the metadata alone, as long as its conditions are met',
    async (bench) => {
      const key = bench.key();
      await bench.put(key, sampleBytes(1000), { 'x-oss-meta-a': 'old' });
      const { etag = '', 'last-modified': time = '' } = (await bench.transport.head({ key, headers: {} }))
        .headers;
      const copying = (value: string, match: string, since: string) => (): Promise<unknown> =>
        bench.copy({
          key,
          sourceKey: key,
          headers: {
            'x-oss-metadata-directive': 'REPLACE',
            'x-oss-meta-a': value,
            'x-oss-copy-source-if-match': match,
            'x-oss-copy-source-if-unmodified-since': since,
          },
        });
      const otherEtag = '"00000000000000000000000000000000"';
      await bench.refused(copying('etag', otherEtag, time), 412, 'copying what has another etag');
      const before = new Date(Date.parse(time) - 1000).toUTCString();
      await bench.refused(copying('time', etag, before), 412, 'copying what was changed since');
      await copying('new', etag, time)();
      const { headers } = await bench.transport.head({ key, headers: {} });
      assertEqual(headers['x-oss-meta-a'], 'new', 'the metadata after the copy');
      assertEqual(headers.etag, etag, 'the etag after a copy that changed metadata only');
      assertSameBytes(await bench.read(key), sampleBytes(1000), 'the content after the copy');
    },
    ['copy'],
  ),
  transportCase(
    'the ACL that an object has of its own is told, and default for none',
    async (bench) => {
      for (const acl of ['private', 'public-read', 'default'] as const) {
        const key = bench.key();
        await bench.put(key, sampleBytes(3), acl === 'default' ? {} : { 'x-oss-object-acl': acl });
        assertEqual(await bench.acl({ key, headers: {} }), acl, 'the ACL of the object');
      }
      const asking = (): Promise<unknown> => bench.acl({ key: bench.key(), headers: {} });
      await bench.refused(asking, 404, 'asking for the ACL of what is not there');
    },
    ['acl'],
  ),
  transportCase(
    'the tags of an object are told, whatever they are',
    async (bench) => {
      const key = bench.key();
      await bench.put(key, sampleBytes(3), { 'x-oss-tagging': 'a%20b=c%2Bd%3D&%E6%A0%87=&empty' });
      const found = Object.entries(await bench.tags({ key, headers: {} })).sort();
      const expected = [
        ['a b', 'c+d='],
        ['empty', ''],
        ['\u6807', ''],
      ];
      assertEqual(JSON.stringify(found), JSON.stringify(expected), 'the tags of the object');
      const without = bench.key();
      await bench.put(without, sampleBytes(3));
      const none = await bench.tags({ key: without, headers: {} });
      assertEqual(JSON.stringify(none), '{}', 'the tags of an object without any');
      const asking = (): Promise<unknown> => bench.tags({ key: bench.key(), headers: {} });
      await bench.refused(asking, 404, 'asking for the tags of what is not there');
    },
    ['tags'],
  ),
  transportCase(
    'a list has all objects, page by page, and what they share',
    async (bench) => {
      const folder = bench.key('/');
      const keys = ['a', 'b/1', 'b/2', 'c'].map((name) => `${folder}${name}`);
      for (const key of keys) await bench.put(key, sampleBytes(3));
      const listed: string[] = [];
      let continuationToken: string | undefined;
      for (let pages = 0; pages === 0 || (continuationToken !== undefined && pages < 10); pages++) {
        const page = await bench.list({ prefix: folder, maxKeys: 2, continuationToken, headers: {} });
        assert(page.objects.length <= 2, 'a page must not have more objects than asked for');
        listed.push(...page.objects.map((object) => object.key));
        continuationToken = page.nextContinuationToken;
      }
      assertEqual(listed.join(), keys.join(), 'the listed keys');
      const page = await bench.list({
        prefix: folder,
        delimiter: '/',
        startAfter: `${folder}a`,
        headers: {},
      });
      assertEqual(
        page.objects.map((object) => object.key).join(),
        `${folder}c`,
        'the objects beside the prefix',
      );
      assertEqual(page.commonPrefixes.join(), `${folder}b/`, 'the common prefixes');
      const { headers } = await bench.transport.head({ key: `${folder}c`, headers: {} });
      assertEqual(page.objects[0]?.etag, headers.etag, 'the etag in a list');
      assert(page.objects[0]?.lastModified instanceof Date, 'a list must give the time of the last change');
      for (const key of keys) await bench.transport.delete({ key, headers: {} });
    },
    ['list'],
  ),
  transportCase('eight calls at once do not mix', async (bench) => {
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const key = bench.key();
        const bytes = sampleBytes(50_000 + index, index + 1);
        await bench.put(key, bytes);
        assertSameBytes(await bench.read(key), bytes, 'what came back');
      }),
    );
  }),
  transportCase('a body that nobody reads can be given up, twice', async (bench) => {
    const key = bench.key();
    await bench.put(key, sampleBytes(500_000));
    const response = await bench.get(key);
    await response.cancel();
    await response.cancel();
    const read = await bench.get(key);
    await collectBytes(read.chunks);
    await read.cancel();
  }),
  transportCase('a body can be left half-way', async (bench) => {
    const key = bench.key();
    await bench.put(key, sampleBytes(500_000));
    const { chunks } = await bench.get(key);
    for await (const chunk of chunks) {
      assertSameBytes(chunk.slice(0, 1), sampleBytes(1), 'the first byte');
      break;
    }
    assertEqual((await bench.read(key)).length, 500_000, 'the size of the object, read again');
  }),
];

async function* listed(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* inOneBuffer(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(chunkBytes);
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    const chunk = bytes.subarray(offset, offset + chunkBytes);
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
    buffer.fill(0);
  }
}

async function* failing(bytes: Uint8Array, failure: Error): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw failure;
}
