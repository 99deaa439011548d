import type { ListedEntry, ListOptions } from '@oss-envelope/core';
import { assert, assertEqual, assertRejects, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { oddKeys } from '../odd-keys.js';
import { sampleBytes } from '../sample-bytes.js';
import { type ClientBench, inAllFormats } from './client-bench.js';
import type { ClientSubject } from './client-subject.js';

const text = 'seize the day';

async function listed(bench: ClientBench, options: ListOptions): Promise<ListedEntry[]> {
  const entries: ListedEntry[] = [];
  for await (const entry of bench.bucket.list(options)) entries.push(entry);
  return entries;
}

const nameOf = (entry: ListedEntry): string => (entry.kind === 'object' ? entry.key : entry.prefix);

/** Listing, looking, deleting, presigned URLs, and reading content like the body of a response. */
export const everydayCases: readonly ConformanceCase<ClientSubject>[] = [
  ...inAllFormats(
    'a list gives what was put, page by page, and sizes by withInfo',
    'does-not-read',
    async (bench) => {
      const folder = bench.key('/');
      if (!(await bench.has('list', () => listed(bench, { prefix: folder })))) return;
      const keys = ['a', 'b/1', 'b/2', 'c', 'd'].map((name) => `${folder}${name}`);
      for (const key of keys) await bench.putText(key, text);
      const all = await listed(bench, { prefix: folder, pageSize: 2, withInfo: true });
      assertEqual(all.map(nameOf).join(), keys.join(), 'the listed keys');
      for (const entry of all) {
        assert(entry.kind === 'object', 'without a delimiter there are only objects');
        assertEqual(entry.sizeBytes, text.length, 'the size of the plaintext');
        assertEqual(entry.info?.encryption.kind, 'enveloped', 'what is known of the encryption');
        assertEqual(entry.info?.etag, entry.etag, 'the etag');
        assertEqual(
          entry.storedSizeBytes,
          (await bench.stored(entry.key)).length,
          'the size of what is stored',
        );
      }
      const grouped = await listed(bench, { prefix: folder, delimiter: '/', startAfter: keys[0] });
      assertEqual(grouped.map(nameOf).join(), [`${folder}b/`, keys[3], keys[4]].join(), 'the listed groups');
      const [, plain] = grouped;
      assert(
        plain?.kind === 'object' && plain.sizeBytes === undefined,
        'a list alone tells no size of a plaintext',
      );
      const expected = bench.format === 'sealed' ? text.length : undefined;
      assertEqual(plain.sizeBytesIfOpened, expected, 'the size of the plaintext, if it opens');
    },
  ),
  ...inAllFormats(
    'keys of every odd kind are listed, found and deleted together',
    'does-not-read',
    async (bench) => {
      const folder = bench.key('/');
      const keys = oddKeys.map(([, suffix], index) => `${folder}${index}${suffix}`);
      for (const key of keys) await bench.putText(key, text);
      for (const key of keys)
        assertEqual(await bench.bucket.exists(key), true, `whether ${JSON.stringify(key)} exists`);
      const hasList = await bench.has('list', () => listed(bench, { prefix: folder }));
      if (hasList) {
        const found = (await listed(bench, { prefix: folder, pageSize: 10 })).map(nameOf);
        assertEqual([...found].sort().join('\n'), [...keys].sort().join('\n'), 'the listed keys');
      }
      const { count } = await bench.bucket.deleteMany(keys);
      assertEqual(count, keys.length, 'the number of deleted objects');
      for (const key of keys)
        assertEqual(await bench.bucket.exists(key), false, `whether ${JSON.stringify(key)} exists`);
      if (hasList)
        assertEqual((await listed(bench, { prefix: folder })).length, 0, 'the number of objects left');
    },
  ),
  ...inAllFormats('content is read like the body of a response', 'reads', async (bench) => {
    const key = bench.key();
    const value = { motto: text, numbers: [1, 2.5, null] };
    await bench.bucket.put(key, JSON.stringify(value), { contentType: 'application/json' });
    assertEqual(
      JSON.stringify(await (await bench.bucket.get(key)).json()),
      JSON.stringify(value),
      'the JSON',
    );
    const blob = await (await bench.bucket.get(key)).blob();
    // Bun adds the charset to the types of text.
    assertEqual(blob.type, new Blob([], { type: 'application/json' }).type, 'the type of the Blob');
    assertEqual(await blob.text(), JSON.stringify(value), 'the text of the Blob');
    const buffer = await (await bench.bucket.get(key)).arrayBuffer();
    assertEqual(new TextDecoder().decode(buffer), JSON.stringify(value), 'the text of the ArrayBuffer');
  }),
  ...inAllFormats('a bucket with other options is another bucket', 'reads', async (bench) => {
    const key = bench.key();
    await bench.putText(key, text);
    const other = bench.bucket.with({ reads: [bench.format] });
    assertEqual(await (await other.get(key)).text(), text, 'the text');
    const different = bench.format === 'sealed' ? 'oss-crypto' : 'sealed';
    const blind = bench.bucket.with({ reads: [different] });
    await assertRejects(() => blind.get(key), 'ERR_FORMAT_NOT_ALLOWED', 'a format that is not read');
    assertEqual(await (await bench.bucket.get(key)).text(), text, 'the text');
  }),
  ...inAllFormats(
    'a presigned upload is sent without credentials, and read back by a URL',
    'reads',
    async (bench) => {
      const key = bench.key(' +/文件');
      const expiresSeconds = 60;
      const signing = () =>
        bench.bucket.presignPut(key, {
          expiresSeconds,
          contentType: 'text/plain',
          metadata: { colour: 'blue' },
        });
      if (!(await bench.has('presign', signing))) return;
      const content = sampleBytes(40_000);
      const upload = await signing();
      const body = await upload.encrypt(content);
      assertEqual((await bench.send(upload, body)).status, 200, 'the status of the upload');
      const object = await bench.bucket.get(key);
      assertEqual(object.metadata.colour, 'blue', 'the metadata');
      assertEqual(object.contentType, 'text/plain', 'the content type');
      assertSameBytes(await object.bytes(), content, 'what came back');

      const url = await bench.bucket.presignGet(key, { expiresSeconds });
      const plain = await bench.send(url);
      assertEqual(plain.status, 200, 'the status of a plain download');
      assertSameBytes(plain.bytes, body, 'a plain download is the ciphertext');
      if (bench.transport.getByUrl === undefined) return;
      assertSameBytes(await (await bench.bucket.openUrl(url)).bytes(), content, 'what the URL opens to');
      const part = await bench.bucket.openUrl(url.url, { range: { offsetBytes: 20_000, lengthBytes: 100 } });
      assertSameBytes(await part.bytes(), content.slice(20_000, 20_100), 'what the URL opens to, in part');
    },
  ),
];
