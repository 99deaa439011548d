import type { ByteRange } from '@oss-envelope/core';
import { assertEqual, assertRejects, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { sampleBytes } from '../sample-bytes.js';
import { type ClientBench, inEachFormat, intercepted } from './client-bench.js';
import type { ClientSubject } from './client-subject.js';

const sizeBytes = 1000;

/** What is asked for, and the first byte and the end of what must come. */
const ranges: Readonly<Record<string, readonly [ByteRange, number, number]>> = {
  'closed range': [{ offsetBytes: 10, lengthBytes: 20 }, 10, 30],
  'range of one byte': [{ offsetBytes: 999, lengthBytes: 1 }, 999, 1000],
  'range of whole blocks': [{ offsetBytes: 32, lengthBytes: 64 }, 32, 96],
  'range within a block': [{ offsetBytes: 33, lengthBytes: 3 }, 33, 36],
  'open-ended range': [{ offsetBytes: 500 }, 500, 1000],
  'range of everything': [{ offsetBytes: 0 }, 0, 1000],
  'suffix range': [{ lastBytes: 17 }, 983, 1000],
  'suffix range longer than the object': [{ lastBytes: 5000 }, 0, 1000],
  'range past the end': [{ offsetBytes: 990, lengthBytes: 5000 }, 990, 1000],
};

async function assertRange(
  bench: ClientBench,
  bucket: ClientBench['bucket'],
  key: string,
  [range, first, end]: readonly [ByteRange, number, number],
): Promise<void> {
  const object = await bucket.get(key, { range });
  assertEqual(object.contentOffsetBytes, first, "the content's offset in bytes");
  assertEqual(object.contentSizeBytes, end - first, "the content's size in bytes");
  assertEqual(object.sizeBytes, sizeBytes, "the object's size in bytes");
  const what = `what came back in ${bench.format}`;
  assertSameBytes(await object.bytes(), sampleBytes(sizeBytes).subarray(first, end), what);
}

/** Parts of an object, decrypted from where they begin. */
export const clientRangeCases: readonly ConformanceCase<ClientSubject>[] = [
  ...Object.entries(ranges).flatMap(([name, range]) =>
    inEachFormat(`a ${name} is decrypted`, 'reads', async (bench) => {
      const key = bench.key();
      await bench.bucket.put(key, sampleBytes(sizeBytes));
      await assertRange(bench, bench.bucket, key, range);
    }),
  ),
  ...inEachFormat('every offset about the blocks is decrypted', 'reads', async (bench) => {
    const key = bench.key();
    await bench.bucket.put(key, sampleBytes(sizeBytes));
    for (const offsetBytes of [0, 1, 15, 16, 17, 31, 32, 33]) {
      for (const lengthBytes of [1, 15, 16, 17]) {
        const range = { offsetBytes, lengthBytes };
        await assertRange(bench, bench.bucket, key, [range, offsetBytes, offsetBytes + lengthBytes]);
      }
    }
  }),
  ...inEachFormat('ranges that a server ignores are cut out of the whole', 'reads', async (bench) => {
    const key = bench.key();
    await bench.bucket.put(key, sampleBytes(sizeBytes));
    const deaf = intercepted(bench.transport, (request) => bench.transport.get({ ...request, headers: {} }));
    const bucket = bench.bucketWith({ transport: deaf });
    for (const range of Object.values(ranges)) await assertRange(bench, bucket, key, range);
  }),
  ...inEachFormat('a range beyond the end is refused', 'does-not-read', async (bench) => {
    const [key, empty] = [bench.key(), bench.key()];
    await bench.bucket.put(key, sampleBytes(10));
    await bench.bucket.put(empty, '');
    for (const [name, range] of [
      [key, { offsetBytes: 10 }],
      [empty, { offsetBytes: 0 }],
      [empty, { lastBytes: 1 }],
    ] as const) {
      const getting = (): Promise<unknown> => bench.bucket.get(name, { range });
      await assertRejects(getting, 'ERR_RANGE_NOT_SATISFIABLE', 'a range beyond the end');
    }
  }),
];
