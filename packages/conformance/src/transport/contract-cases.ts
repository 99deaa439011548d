import { assert, assertEqual, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { sampleBytes } from '../sample-bytes.js';
import { faultCase, type TransportBench, transportCase } from './transport-bench.js';
import type { TransportSubject } from './transport-subject.js';

/** More than one write to the network. */
const bytes = sampleBytes(600_000);

/** The numbers that `onSent` was called with, in turn. They must be whole numbers of bytes of the body. */
function recorded(): { readonly sent: number[]; readonly body: Parameters<TransportBench['putBody']>[1] } {
  const sent: number[] = [];
  return { sent, body: { kind: 'bytes', bytes, onSent: (sentBytes) => void sent.push(sentBytes) } };
}

function assertCounts(sent: readonly number[]): void {
  for (const count of sent) {
    assert(Number.isInteger(count) && count >= 0, `onSent must be given a number of bytes, not ${count}`);
    assert(count <= bytes.length, `onSent must not be given more bytes than there are, as ${count}`);
  }
}

/** The text of a callback that a server answers with what it was sent. */
const callbackBody = JSON.stringify({ mark: 'told by the callback' });

function callbackHeaders(callbackUrl: string): Record<string, string> {
  const callback = JSON.stringify({ callbackUrl, callbackBody, callbackBodyType: 'application/json' });
  return { 'x-oss-callback': btoa(callback) };
}

function callbackCase(
  name: string,
  run: (bench: TransportBench, headers: Record<string, string>) => Promise<void>,
  needs: readonly 'parts'[] = [],
): ConformanceCase<TransportSubject> {
  const usual = faultCase(
    name,
    (bench) => run(bench, callbackHeaders(bench.faults.callbackUrl ?? '')),
    needs,
  );
  return {
    ...usual,
    unless: (subject) =>
      subject.faults?.callbackUrl === undefined
        ? 'the subject gives no server of callbacks'
        : usual.unless?.(subject),
  };
}

/** What a transport says of itself and of its work. */
export const contractCases: readonly ConformanceCase<TransportSubject>[] = [
  transportCase("the bucket's name is one that OSS allows, or is not told", async ({ transport }) => {
    const { bucketName } = transport;
    if (bucketName === undefined) return;
    // OSS documentation, "Bucket naming conventions".
    assert(
      /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucketName),
      'bucketName must be the name alone, without a scheme, a host or a path',
    );
    assertEqual(transport.bucketName, bucketName, "the bucket's name, asked for again");
  }),
  transportCase('what was sent of bytes is counted up to their size', async (bench) => {
    const { sent, body } = recorded();
    const key = bench.key();
    await bench.putBody(key, body);
    assertCounts(sent);
    assertEqual(
      sent.findIndex((count, index) => count < (sent[index - 1] ?? 0)),
      -1,
      'the place at which the count falls, though the bytes were sent once',
    );
    assertSameBytes(await bench.read(key), bytes, 'what came back');
  }),
  transportCase(
    'what was sent of a part is counted up to its size',
    async (bench) => {
      const { sent, body } = recorded();
      const key = bench.key();
      const { uploadId } = await bench.parts.start({ key, headers: {} });
      await bench.parts.put({ key, uploadId, partNumber: 1, headers: {}, body });
      await bench.parts.drop({ key, uploadId, headers: {} });
      assertCounts(sent);
    },
    ['parts'],
  ),
  faultCase('what was sent is counted anew when it is sent again', async (bench) => {
    const { sent, body } = recorded();
    const key = bench.key();
    await bench.faults.add({ kind: 'lost-response', match: { key, method: 'PUT' } });
    const put = bench.putBody(key, body);
    if (bench.traits.retries === 0) await bench.rejects(() => put, 'ERR_TRANSPORT', 'a lost answer');
    else await put;
    assertCounts(sent);
    const total = sent.reduce((sum, count, index) => sum + Math.max(0, count - (sent[index - 1] ?? 0)), 0);
    assert(
      total <= bytes.length * (1 + (bench.traits.retries === 0 ? 0 : 1)),
      'each time, no more may be counted than there is',
    );
  }),
  callbackCase("a callback's answer is the document of a put", async (bench, headers) => {
    const key = bench.key();
    const answer = await bench.putBody(key, { kind: 'bytes', bytes }, headers);
    assertEqual(answer.document, callbackBody, 'the document');
    const plain = await bench.putBody(key, { kind: 'bytes', bytes });
    assert(!plain.document, 'without a callback there must be no document');
  }),
  callbackCase(
    "a callback's answer is the document of an upload that is finished",
    async (bench, headers) => {
      const key = bench.key();
      const upload = { key, ...(await bench.parts.start({ key, headers: {} })) };
      const parts = [await bench.putPart(upload, 1, bytes)];
      const answer = await bench.parts.finish({ ...upload, headers, parts });
      assertEqual(answer.document, callbackBody, 'the document');
    },
    ['parts'],
  ),
];
