import type { ObjectTransport } from '@oss-envelope/core';
import { assert, assertEqual, assertRejects, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { sampleBytes } from '../sample-bytes.js';
import { type ClientBench, clientCase, described, formatNames, intercepted } from './client-bench.js';
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

/** The formats in which an object can be given other master keys where it is. */
const rewrappedFormats = ['sealed', 'oss-crypto'] as const;

/** The master key before, and the one after, told apart by their descriptions. */
async function mastersOf(bench: ClientBench) {
  return {
    old: described(bench.provider, { master: 'old' }),
    other: described(await bench.otherProvider(), { master: 'new' }),
  };
}

/** The transport, with something done before each copy, which is counted from 1. */
function disturbed(bench: ClientBench, before: (copy: number) => Promise<unknown>): ObjectTransport {
  const { transport } = bench;
  let copies = 0;
  return {
    ...intercepted(transport, (request) => transport.get(request)),
    async copy(request) {
      await before(++copies);
      assert(
        transport.copy !== undefined,
        'the transport must have the function copy, or say that it lacks it',
      );
      return transport.copy(request);
    },
  };
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
  ...rewrappedFormats.flatMap((format) => [
    changeCase(
      format,
      'rewrapped for another master key, an object opens by that one alone',
      async (bench) => {
        const key = bench.key();
        const { old, other } = await mastersOf(bench);
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
    changeCase(
      format,
      'an object that others replace meanwhile is rewrapped as they left it',
      async (bench) => {
        const key = bench.key();
        const { old, other } = await mastersOf(bench);
        const before = bench.bucketWith({ provider: old });
        await before.put(key, content);
        const transport = disturbed(bench, async (copy) => {
          if (copy < 3) await before.put(key, sampleBytes(100 + copy));
        });
        await bench.bucketWith({ transport, provider: other, otherProviders: [old] }).rewrap(key);
        const opened = await bench.bucketWith({ provider: other }).get(key);
        assertSameBytes(await opened.bytes(), sampleBytes(102), 'the content');
      },
    ),
    changeCase(format, 'an object that others replace each time is left as they made it', async (bench) => {
      const key = bench.key();
      const { old, other } = await mastersOf(bench);
      const before = bench.bucketWith({ provider: old });
      await before.put(key, content);
      const transport = disturbed(bench, (copy) => before.put(key, sampleBytes(100 + copy)));
      const bucket = bench.bucketWith({ transport, provider: other, otherProviders: [old] });
      await assertRejects(() => bucket.rewrap(key), 'ERR_OBJECT_CHANGED', 'rewrapping');
      assertSameBytes(await (await before.get(key)).bytes(), sampleBytes(103), 'the content');
    }),
    changeCase(format, 'what cannot be rewrapped is refused, and stays as it is', async (bench) => {
      const [key, plain] = [bench.key(), bench.key()];
      const { old, other } = await mastersOf(bench);
      await bench.bucketWith({ provider: old }).put(key, content, put);
      await bench.transport.put({ key: plain, headers: {}, body: { kind: 'bytes', bytes: content } });
      const before = await bench.storedHeaders(key);
      for (const [bucket, name, code, what] of [
        [bench.bucketWith({ provider: other }), key, 'ERR_NO_MATCHING_KEY', 'without the old master key'],
        [
          bench.bucketWith({ provider: { ...other, wraps: {} }, otherProviders: [old] }),
          key,
          'ERR_MASTER_KEY',
          'by a provider that does not wrap',
        ],
        [bench.bucketWith({ provider: old }), plain, 'ERR_ENVELOPE_MISSING', 'of what is not encrypted'],
      ] as const) {
        await assertRejects(() => bucket.rewrap(name), code, `rewrapping ${what}`);
      }
      const after = await bench.storedHeaders(key);
      const metadata = Object.keys(before).filter((name) => name.startsWith('x-oss-meta-'));
      for (const name of metadata) assertEqual(after[name], before[name], `the header ${name}`);
      const opened = await bench.bucketWith({ provider: old }).get(key);
      assertSameBytes(await opened.bytes(), content, 'the content');
    }),
  ]),
  changeCase(
    'client-side-encryption',
    'it is not rewrapped, and the refusal names reencrypt',
    async (bench) => {
      const key = bench.key();
      await bench.bucket.put(key, content, put);
      const error = await assertRejects(
        () => bench.bucket.rewrap(key),
        'ERR_REENCRYPTION_NEEDED',
        'rewrapping',
      );
      assert(error.message.includes('reencrypt'), 'the message must name reencrypt');
      assertSameBytes(await (await bench.bucket.get(key)).bytes(), content, 'the content');
    },
  ),
  changeCase('sealed', 'a recipient opens an object from one rewrap to the next', async (bench) => {
    const key = bench.key();
    const { old, other } = await mastersOf(bench);
    const bucket = bench.bucketWith({ provider: old });
    await bucket.put(key, content, put);
    await bucket.with({ recipients: [other] }).rewrap(key);
    const reading = async (): Promise<Uint8Array> =>
      (await bench.bucketWith({ provider: other }).get(key)).bytes();
    assertSameBytes(await reading(), content, 'the content, by the recipient');
    assertSameBytes(await (await bucket.get(key)).bytes(), content, 'the content, by its own master key');
    await bucket.rewrap(key);
    await assertRejects(reading, 'ERR_NO_MATCHING_KEY', 'reading by a recipient that was taken away');
    assertSameBytes(await (await bucket.get(key)).bytes(), content, 'the content');
    await assertKept(bench, key);
  }),
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
    changeCase(format, 'encrypted anew in another format, it opens in that one', async (bench) => {
      for (const to of bench.readFormats) {
        const key = bench.key();
        await bench.bucket.put(key, content, put);
        const { previousFormat } = await bench.bucket.reencrypt(key, { format: to });
        assertEqual(previousFormat, format, 'the format before');
        const opened = await bench.bucketWith({ format: to, reads: [to] }).get(key);
        assertSameBytes(await opened.bytes(), content, 'the content');
        await assertKept(bench, key);
      }
    }),
    changeCase(format, 'a copy onto itself, or onto what it must not replace, is refused', async (bench) => {
      const [key, there] = [bench.key(), bench.key()];
      await bench.bucket.put(key, content);
      await bench.bucket.put(there, sampleBytes(7));
      for (const call of ['copy', 'rename'] as const) {
        const ontoItself = (): Promise<unknown> => bench.bucket[call](key, key);
        await assertRejects(ontoItself, 'ERR_INVALID_ARGUMENT', `${call} onto itself`);
        const forbidden = (): Promise<unknown> => bench.bucket[call](key, there, { forbidOverwrite: true });
        const error = await assertRejects(forbidden, 'ERR_SERVICE', `${call} onto what it must not replace`);
        assertEqual(error.status, 409, 'the status of the refusal');
      }
      assertSameBytes(await (await bench.bucket.get(key)).bytes(), content, 'the content');
      assertSameBytes(await (await bench.bucket.get(there)).bytes(), sampleBytes(7), 'what was there');
    }),
  ]),
];
