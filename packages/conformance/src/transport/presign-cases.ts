import type { PresignedUrl } from '@oss-envelope/core';
import { assert, assertEqual, assertSameBytes, codeOf } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { oddKeys } from '../odd-keys.js';
import { collectBytes, sampleBytes } from '../sample-bytes.js';
import { faultCase, type TransportBench, transportCase } from './transport-bench.js';
import type { TransportSubject } from './transport-subject.js';

const bytes = sampleBytes(1000);
const expiresSeconds = 60;

/** A URL of an object that was stored. */
async function urlOf(bench: TransportBench, key: string): Promise<PresignedUrl> {
  await bench.put(key, bytes, { 'x-oss-meta-shade': 'blue' });
  return bench.presign({ method: 'GET', key, headers: {}, expiresSeconds });
}

function assertNotShown(error: Error, { url }: Pick<PresignedUrl, 'url'>): void {
  const query = url.split('?')[1] ?? url;
  const shown = [String(error), error.stack, JSON.stringify({ ...error })].join(' ');
  assert(!shown.includes(query), 'an error must not show the query of a URL');
}

/** Requests that are signed here and sent elsewhere, and the reverse. */
export const presignCases: readonly ConformanceCase<TransportSubject>[] = [
  transportCase(
    'a presigned download gives the object without credentials',
    async (bench) => {
      const key = bench.key();
      const before = Date.now();
      const signed = await urlOf(bench, key);
      assertEqual(signed.method, 'GET', 'the method');
      assertEqual(Object.keys(signed.headers).length, 0, 'the number of headers to send');
      const livesMs = signed.expiresAt.getTime() - before;
      assert(livesMs > 58_000 && livesMs < 70_000, 'it must expire when it should');
      const answer = await bench.send(signed);
      assertEqual(answer.status, 200, 'the status');
      assertSameBytes(answer.bytes, bytes, 'what came');
      const other = await bench.send({ ...signed, url: signed.url.replace(/\?/, 'x?') });
      assertEqual(other.status, 403, 'the status for another object');
    },
    ['presign'],
  ),
  transportCase(
    'a presigned upload stores what is sent with its headers, and nothing without them',
    async (bench) => {
      const key = bench.key();
      const headers = {
        'content-type': 'text/x-sample',
        'x-oss-meta-colour': 'blue green',
        'x-oss-forbid-overwrite': 'true',
      };
      const signed = await bench.presign({ method: 'PUT', key, headers, expiresSeconds });
      const { 'x-oss-meta-colour': _, ...fewer } = signed.headers;
      assertEqual((await bench.send(signed, { bytes, headers: fewer })).status, 403, 'without a header');
      const changed = { ...signed.headers, 'x-oss-meta-colour': 'red' };
      assertEqual((await bench.send(signed, { bytes, headers: changed })).status, 403, 'with another value');
      await bench.assertAbsent(key);
      assertEqual((await bench.send(signed, { bytes })).status, 200, 'the status of the upload');
      assertSameBytes(await bench.read(key), bytes, 'what was stored');
      const head = await bench.transport.head({ key, headers: {} });
      assertEqual(head.headers['content-type'], 'text/x-sample', 'the content type');
      assertEqual(head.headers['x-oss-meta-colour'], 'blue green', 'the metadata');
      assertEqual((await bench.send(signed, { bytes })).status, 409, 'the status of a second upload');
    },
    ['presign'],
  ),
  transportCase(
    'a URL names just its object, whatever the key',
    async (bench) => {
      for (const [what, suffix] of oddKeys) {
        const key = bench.key(suffix);
        const signed = await urlOf(bench, key).catch((error: unknown) => {
          // A signature of version 1 cannot tell such a key from a sub-resource.
          if (key.includes('?') && codeOf(error) === 'ERR_INVALID_ARGUMENT') return undefined;
          throw error;
        });
        if (signed === undefined) continue;
        const answer = await bench.send(signed);
        assertEqual(answer.status, 200, `the status for a key with ${what}`);
        assertSameBytes(answer.bytes, bytes, `what came for a key with ${what}`);
      }
    },
    ['presign'],
  ),
  transportCase(
    'a life that OSS does not allow is refused',
    async (bench) => {
      const key = bench.key();
      for (const seconds of [0, -1, 1.5, 604_801, Number.NaN]) {
        const signing = (): Promise<unknown> =>
          bench.presign({ method: 'GET', key, headers: {}, expiresSeconds: seconds });
        await bench.rejects(signing, ['ERR_OUT_OF_RANGE', 'ERR_INVALID_ARGUMENT'], `${seconds} seconds`);
      }
      await bench.presign({ method: 'GET', key, headers: {}, expiresSeconds: 604_800 });
    },
    ['presign'],
  ),
  transportCase(
    'what was signed elsewhere is fetched, whole and in part',
    async (bench) => {
      const signed = await urlOf(bench, bench.key());
      const whole = await bench.getByUrl({ ...signed, headers: {} });
      assertEqual(whole.status, 200, 'the status');
      assertEqual(whole.headers['x-oss-meta-shade'], 'blue', 'the metadata');
      assertSameBytes(await collectBytes(whole.chunks), bytes, 'what came');
      const part = await bench.getByUrl({ ...signed, headers: { range: 'bytes=10-19' } });
      assertEqual(part.status, 206, 'the status of a range');
      assertSameBytes(await collectBytes(part.chunks), bytes.slice(10, 20), 'what came of a range');
    },
    ['presign', 'getByUrl'],
  ),
  transportCase(
    'a URL that was changed is refused, and no error shows it',
    async (bench) => {
      const signed = await urlOf(bench, bench.key());
      const url = signed.url.replace(/\?/, 'x?');
      const error = await bench.refused(() => bench.getByUrl({ url, headers: {} }), 403, 'a changed URL');
      assertNotShown(error, { url });
      const { search } = new URL(signed.url);
      for (const bad of [`/a${search}`, `ftp://localhost/a${search}`, `https://me:pw@localhost/a${search}`]) {
        const opening = (): Promise<unknown> => bench.getByUrl({ url: bad, headers: {} });
        assertNotShown(await bench.rejects(opening, 'ERR_INVALID_ARGUMENT', 'what is no URL'), signed);
      }
    },
    ['presign', 'getByUrl'],
  ),
  faultCase(
    'a redirect of a URL is not followed, and a 503 is asked again where the transport retries',
    async (bench) => {
      const [moved, busy] = [bench.key(), bench.key()];
      const [movedUrl, busyUrl] = [await urlOf(bench, moved), await urlOf(bench, busy)];
      const { origin } = bench.faults;
      await bench.faults.add({ kind: 'redirect', origin, match: { key: moved, method: 'GET' } });
      const opening = (): Promise<unknown> => bench.getByUrl({ ...movedUrl, headers: {} });
      const error = await bench.rejects(opening, ['ERR_SERVICE', 'ERR_TRANSPORT'], 'a redirect');
      assertNotShown(error, movedUrl);
      await bench.assertRequests('GET', moved, 1);
      if (bench.traits.retries === 0) return;
      await bench.faults.add({ kind: 'status', status: 503, match: { key: busy, method: 'GET' } });
      const { chunks } = await bench.getByUrl({ ...busyUrl, headers: {} });
      assertSameBytes(await collectBytes(chunks), bytes, 'what came');
      await bench.assertRequests('GET', busy, 2);
    },
    ['presign', 'getByUrl'],
  ),
];
