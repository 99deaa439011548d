import { assert, assertEqual, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { oddKeys } from '../odd-keys.js';
import { sampleBytes } from '../sample-bytes.js';
import { type TransportBench, transportCase } from './transport-bench.js';
import type { TransportSubject } from './transport-subject.js';

function deletionCase(
  name: string,
  run: (bench: TransportBench) => Promise<void>,
): ConformanceCase<TransportSubject> {
  return transportCase(name, run, ['deleteMany']);
}

/** Many objects deleted in one request. */
export const deletionCases: readonly ConformanceCase<TransportSubject>[] = [
  deletionCase('objects of any name are deleted in one request, and no others', async (bench) => {
    const kept = bench.key();
    const keys = oddKeys.map(([, suffix]) => bench.key(suffix));
    for (const key of [kept, ...keys]) await bench.put(key, sampleBytes(1));
    const refused = await bench.deleteMany({ keys, headers: {} });
    assertEqual(refused.length, 0, 'the number of objects that were not deleted');
    for (const key of keys) await bench.assertAbsent(key);
    assertSameBytes(await bench.read(kept), sampleBytes(1), 'the object that was not named');
  }),
  deletionCase('what is not there counts as deleted, up to a thousand in a request', async (bench) => {
    const base = bench.key();
    const keys = Array.from({ length: 1000 }, (_, index) => `${base}-${index}`);
    assertEqual((await bench.deleteMany({ keys, headers: {} })).length, 0, 'the number of refusals');
    const more = (): Promise<unknown> => bench.deleteMany({ keys: [...keys, base], headers: {} });
    await bench.rejects(more, 'ERR_OUT_OF_RANGE', 'deleting 1001 objects');
    const none = (): Promise<unknown> => bench.deleteMany({ keys: [], headers: {} });
    await bench.rejects(none, 'ERR_OUT_OF_RANGE', 'deleting no object');
  }),
  deletionCase('names that no document can hold are refused, and nothing is deleted', async (bench) => {
    const key = bench.key();
    await bench.put(key, sampleBytes(1));
    for (const [index, bad] of ['', `${key}\0`, '\ud800', '/a'].entries()) {
      const deleting = (): Promise<unknown> => bench.deleteMany({ keys: [key, bad], headers: {} });
      const error = await bench.rejects(deleting, 'ERR_INVALID_ARGUMENT', `the bad name of index ${index}`);
      assert(String(error.argument).endsWith('1'), 'the error must name the bad key by its index');
    }
    assertSameBytes(await bench.read(key), sampleBytes(1), 'the object beside the bad name');
  }),
];
