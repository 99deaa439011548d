import { assertEqual, assertRejects, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { sampleBytes } from '../sample-bytes.js';
import { type ClientBench, clientCase, described, formatNames } from './client-bench.js';
import type { ClientSubject } from './client-subject.js';

const content = sampleBytes(40_001);
const metadata = { author: 'Horace' };
/** Of a type that OSS does not compress on its way to a browser. */
const put = { metadata, contentType: 'image/png' };

/** What is stored of an object besides its content and its envelope. */
async function assertKept(bench: ClientBench, key: string): Promise<void> {
  const { headers } = await bench.transport.head({ key, headers: {} });
  assertEqual(headers['x-oss-meta-author'], 'Horace', 'the metadata of the object');
  assertEqual(headers['content-type'], 'image/png', 'the content type of the object');
}

function changeCase(
  format: (typeof formatNames)[number],
  name: string,
  run: (bench: ClientBench) => Promise<void>,
): ConformanceCase<ClientSubject> {
  return clientCase(format, name, 'reads', run, ['acl', 'copy']);
}

/** Other keys, another place and another data key for an object that is there. */
export const changeCases: readonly ConformanceCase<ClientSubject>[] = [
  changeCase(
    'sealed',
    'rewrapped for another master key, an object opens by that one alone',
    async (bench) => {
      const key = bench.key();
      const old = described(bench.provider, { master: 'old' });
      const other = described(await bench.otherProvider(), { master: 'new' });
      await bench.bucketWith({ provider: old }).put(key, content, put);
      const stored = await bench.stored(key);
      await bench.bucketWith({ provider: other, otherProviders: [old] }).rewrap(key);
      assertSameBytes(await bench.stored(key), stored, 'the stored body');
      await assertKept(bench, key);
      const opened = await bench.bucketWith({ provider: other }).get(key);
      assertSameBytes(await opened.bytes(), content, 'the content');
      const reading = (): Promise<unknown> => bench.bucketWith({ provider: old }).get(key);
      await assertRejects(reading, 'ERR_NO_MATCHING_KEY', 'reading by the old master key');
    },
  ),
  ...formatNames.flatMap((format) => [
    changeCase(format, 'a copy opens in its place, and so does what was renamed', async (bench) => {
      const [key, copy, renamed] = [bench.key(), bench.key(), bench.key()];
      await bench.bucket.put(key, content, put);
      await bench.bucket.copy(key, copy);
      await bench.bucket.rename(key, renamed);
      await bench.assertAbsent(key);
      for (const place of [copy, renamed]) {
        assertSameBytes(await (await bench.bucket.get(place)).bytes(), content, 'the content');
        await assertKept(bench, place);
      }
    }),
    changeCase(format, 'encrypted anew, an object has another body and the same content', async (bench) => {
      const key = bench.key();
      await bench.bucket.put(key, content, put);
      const before = await bench.storedHeaders(key);
      await bench.bucket.reencrypt(key);
      assertSameBytes(await (await bench.bucket.get(key)).bytes(), content, 'the content');
      await assertKept(bench, key);
      const after = await bench.storedHeaders(key);
      assertEqual(after.etag === before.etag, false, 'whether the body is the one from before');
    }),
  ]),
];
