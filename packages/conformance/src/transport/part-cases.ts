import { assert, assertEqual, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { chunksOf, concatBytes, sampleBytes } from '../sample-bytes.js';
import { bodyOfChunks, type TransportBench, transportCase } from './transport-bench.js';
import type { TransportSubject } from './transport-subject.js';

/** OSS refuses parts below 100 KiB, the last one excepted. */
const partBytes = 100 * 1024;

async function withUpload(
  bench: TransportBench,
  headers: Record<string, string>,
  run: (key: string, uploadId: string) => Promise<void>,
): Promise<void> {
  const key = bench.key(' %文');
  const { uploadId } = await bench.parts.start({ key, headers });
  assert(typeof uploadId === 'string' && uploadId !== '', 'parts.start must give an upload id');
  try {
    await run(key, uploadId);
  } finally {
    // Harmless, and refused, when the upload is finished.
    await bench.parts.drop({ key, uploadId, headers: {} }).catch(() => {});
  }
}

function partCase(
  name: string,
  run: (bench: TransportBench) => Promise<void>,
): ConformanceCase<TransportSubject> {
  return transportCase(name, run, ['parts']);
}

/** Multipart uploads. */
export const partCases: readonly ConformanceCase<TransportSubject>[] = [
  partCase('parts become one object in the order of their numbers', async (bench) => {
    await withUpload(
      bench,
      { 'x-oss-meta-a': 'b', 'content-type': 'text/x-sample' },
      async (key, uploadId) => {
        const bytes = [sampleBytes(partBytes, 1), sampleBytes(partBytes + 1, 2), sampleBytes(17, 3)];
        const upload = { key, uploadId };
        const third = await bench.putPart(upload, 7, bytes[2] as Uint8Array);
        const first = await bench.putPart(upload, 1, bytes[0] as Uint8Array);
        const second = await bench.putPart(upload, 3, bytes[1] as Uint8Array);
        const result = await bench.parts.finish({
          ...upload,
          headers: {},
          parts: [second, third, first],
        });
        assert((result.headers.etag ?? '') !== '', 'parts.finish must give the header etag');
        assertSameBytes(await bench.read(key), concatBytes(bytes), 'the object');
        const { headers } = await bench.transport.head({ key, headers: {} });
        assertEqual(headers['x-oss-meta-a'], 'b', 'the metadata of the object');
        assertEqual(headers['content-type'], 'text/x-sample', 'the content type of the object');
      },
    );
  }),
  partCase('a part may be sent in chunks, and sent again', async (bench) => {
    await withUpload(bench, {}, async (key, uploadId) => {
      const upload = { key, uploadId, headers: {} };
      await bench.putPart(upload, 1, sampleBytes(partBytes, 8));
      const bytes = sampleBytes(partBytes, 9);
      const body = bodyOfChunks(chunksOf(bytes, 9999), bytes.length);
      const { headers } = await bench.parts.put({ ...upload, partNumber: 1, body });
      await bench.parts.finish({ ...upload, parts: [{ partNumber: 1, etag: headers.etag ?? '' }] });
      assertSameBytes(await bench.read(key), bytes, 'the object');
    });
  }),
  partCase('stored parts are listed as they were stored', async (bench) => {
    await withUpload(bench, {}, async (key, uploadId) => {
      const upload = { key, uploadId, headers: {} };
      assertEqual((await bench.parts.list(upload)).length, 0, 'the number of parts of a new upload');
      const stored = [
        await bench.putPart(upload, 2, sampleBytes(20)),
        await bench.putPart(upload, 9, sampleBytes(9)),
      ];
      const listed = [...(await bench.parts.list(upload))].sort((a, b) => a.partNumber - b.partNumber);
      assertEqual(listed.length, 2, 'the number of parts');
      for (const [index, part] of listed.entries()) {
        assertEqual(part.partNumber, stored[index]?.partNumber, "the part's number");
        assertEqual(part.sizeBytes, stored[index]?.sizeBytes, "the part's size in bytes");
        assertEqual(bare(part.etag), bare(stored[index]?.etag ?? ''), "the part's etag");
      }
    });
  }),
  partCase('all parts are listed, also when they fill more than one page', async (bench) => {
    await withUpload(bench, {}, async (key, uploadId) => {
      const upload = { key, uploadId, headers: {} };
      // A page of OSS holds at most 1,000 parts.
      let next = 1;
      const worker = async (): Promise<void> => {
        while (next <= 1001) await bench.putPart(upload, next++, Uint8Array.of(1));
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      const numbers = new Set((await bench.parts.list(upload)).map((part) => part.partNumber));
      assertEqual(numbers.size, 1001, 'the number of listed parts');
    });
  }),
  partCase('listed parts finish an upload', async (bench) => {
    await withUpload(bench, {}, async (key, uploadId) => {
      const upload = { key, uploadId, headers: {} };
      const bytes = [sampleBytes(partBytes, 1), sampleBytes(partBytes, 2)];
      await bench.putPart(upload, 1, bytes[0] as Uint8Array);
      await bench.putPart(upload, 2, bytes[1] as Uint8Array);
      await bench.parts.finish({ ...upload, parts: await bench.parts.list(upload) });
      assertSameBytes(await bench.read(key), concatBytes(bytes), 'the object');
    });
  }),
  partCase('a dropped upload is gone, and leaves no object', async (bench) => {
    await withUpload(bench, {}, async (key, uploadId) => {
      const upload = { key, uploadId, headers: {} };
      const part = await bench.putPart(upload, 1, sampleBytes(10));
      await bench.parts.drop(upload);
      const putting = (): Promise<unknown> => bench.putPart(upload, 2, sampleBytes(10));
      const error = await bench.refused(putting, 404, 'a part of a dropped upload');
      assertEqual(error.serviceCode, 'NoSuchUpload', 'the service code for a part of a dropped upload');
      const finishing = (): Promise<unknown> => bench.parts.finish({ ...upload, parts: [part] });
      await bench.refused(finishing, 404, 'finishing a dropped upload');
      // What is gone is dropped.
      await bench.parts.drop(upload);
      await bench.assertAbsent(key);
    });
  }),
  partCase("an error of a part's source is the error of the call", async (bench) => {
    await withUpload(bench, {}, async (key, uploadId) => {
      const upload = { key, uploadId, headers: {} };
      const failure = new Error('the disk is gone');
      const body = bodyOfChunks(failing(sampleBytes(5000), failure), 10_000);
      const error = await bench.parts.put({ ...upload, partNumber: 1, body }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert(error === failure, 'the call must reject with the error that the source threw');
      assertEqual((await bench.parts.list(upload)).length, 0, 'the number of parts stored');
    });
  }),
];

function bare(etag: string): string {
  return etag.replaceAll('"', '').toUpperCase();
}

async function* failing(bytes: Uint8Array, failure: Error): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw failure;
}
