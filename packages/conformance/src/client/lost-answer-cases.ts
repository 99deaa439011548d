import type { Content, ObjectTransport, PutResult } from '@oss-envelope/core';
import { assertEqual, assertRejects, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import type { FaultControl } from '../fault-control.js';
import { chunksOf, sampleBytes } from '../sample-bytes.js';
import { inEachFormatWithFaults, intercepted } from './client-bench.js';
import type { ClientSubject } from './client-subject.js';

const bytes = sampleBytes(250_000);
const lost = { kind: 'lost-response' } as const;
const forbidOverwrite = true;

const contents: readonly (readonly [string, () => Content])[] = [
  ['bytes', () => bytes],
  ['a Blob', () => new Blob([bytes])],
  ['a stream that comes once', () => chunksOf(bytes, 9000)],
];

/** When the answer to a request was lost and it is sent again, the client knows what it has stored. */
export const lostAnswerCases: readonly ConformanceCase<ClientSubject>[] = [
  ...inEachFormatWithFaults(
    'a lost answer to what must not replace an object: its envelope shows that it is there',
    'reads',
    async (bench) => {
      for (const [name, make] of contents) {
        const key = bench.key();
        await bench.faults.add({ ...lost, match: { key, method: 'PUT' } });
        const put = await bench.bucket.put(key, make(), { forbidOverwrite });
        assertEqual(put.etag, (await bench.storedHeaders(key)).etag, `the etag of ${name}`);
        assertSameBytes(await (await bench.bucket.get(key)).bytes(), bytes, `what came back of ${name}`);
        const again = (): Promise<unknown> => bench.bucket.put(key, make(), { forbidOverwrite });
        const error = await assertRejects(again, 'ERR_SERVICE', `putting ${name} again`);
        assertEqual(error.serviceCode, 'FileAlreadyExists', 'the service code');
      }
    },
  ),
  ...inEachFormatWithFaults(
    'a lost answer to the end of an upload in parts: envelope and checksum show that it is there',
    'reads',
    async (bench) => {
      for (const forbids of [false, true]) {
        const key = bench.key();
        const bucket = bench.bucketWith({ transport: losingTheEnd(bench.transport, bench.faults) });
        const options = { multipartThresholdBytes: 0, partSizeBytes: 114_688, forbidOverwrite: forbids };
        const putting = (): Promise<PutResult> => bucket.put(key, bytes, options);
        if (bench.transport.parts === undefined) {
          await assertRejects(putting, 'ERR_CAPABILITY_MISSING', 'an upload in parts');
          continue;
        }
        if (bench.transport.crc64 === undefined) {
          // Somebody else could have finished the upload with other parts.
          await assertRejects(putting, ['ERR_TRANSPORT', 'ERR_SERVICE'], 'a lost answer without checksums');
          continue;
        }
        const put = await putting();
        assertEqual(put.etag, (await bench.storedHeaders(key)).etag, 'the etag');
        assertSameBytes(await (await bench.bucket.get(key)).bytes(), bytes, 'what came back');
      }
    },
  ),
];

/** The transport, over which the answer to the end of each upload in parts is lost. */
function losingTheEnd(transport: ObjectTransport, faults: FaultControl): ObjectTransport {
  const { parts } = transport;
  return {
    ...intercepted(transport, (request) => transport.get(request)),
    crc64: transport.crc64,
    parts: parts && {
      start: (request) => parts.start(request),
      put: (request) => parts.put(request),
      list: (request) => parts.list(request),
      drop: (request) => parts.drop(request),
      async finish(request) {
        // Not before: the start of an upload is a POST too.
        await faults.add({ ...lost, match: { key: request.key, method: 'POST' } });
        return parts.finish(request);
      },
    },
  };
}
