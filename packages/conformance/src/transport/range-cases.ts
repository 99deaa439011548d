import { assertEqual, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { collectBytes, sampleBytes } from '../sample-bytes.js';
import { type TransportBench, transportCase } from './transport-bench.js';
import type { TransportSubject } from './transport-subject.js';

const sizeBytes = 100_000;
const standard = { 'x-oss-range-behavior': 'standard' };

/** Name, value of the header `range`, and the first and the last byte that must come. */
const ranges: readonly (readonly [string, string, number, number])[] = [
  ['closed range', 'bytes=10-20', 10, 20],
  ['range of one byte', 'bytes=0-0', 0, 0],
  ['range of all bytes', 'bytes=0-99999', 0, 99_999],
  ['open-ended range', 'bytes=99000-', 99_000, 99_999],
  ['suffix range', 'bytes=-100', 99_900, 99_999],
  ['suffix range longer than the object', 'bytes=-100001', 0, 99_999],
  ['range past the end', 'bytes=99990-200000', 99_990, 99_999],
];

async function assertUnsatisfiable(bench: TransportBench, bytes: Uint8Array, range: string): Promise<void> {
  const key = bench.key();
  await bench.put(key, bytes);
  await bench.refused(() => bench.get(key, { ...standard, range }), 416, `the range ${range}`);
}

/** Parts of objects. */
export const rangeCases: readonly ConformanceCase<TransportSubject>[] = [
  ...ranges.map(([name, range, first, last]) =>
    transportCase(`a ${name} gives just its bytes, and says which`, async (bench) => {
      const key = bench.key();
      const bytes = sampleBytes(sizeBytes);
      await bench.put(key, bytes);
      const response = await bench.get(key, { ...standard, range });
      assertEqual(response.status, 206, 'the status of a part of an object');
      const place = `bytes ${first}-${last}/${sizeBytes}`;
      assertEqual(response.headers['content-range'], place, 'the header content-range');
      assertSameBytes(await collectBytes(response.chunks), bytes.subarray(first, last + 1), 'what came back');
    }),
  ),
  transportCase('a range beyond the end is refused with 416', async (bench) => {
    await assertUnsatisfiable(bench, sampleBytes(10), 'bytes=10-');
  }),
  transportCase('a range of an empty object is refused with 416', async (bench) => {
    await assertUnsatisfiable(bench, new Uint8Array(0), 'bytes=0-');
  }),
];
