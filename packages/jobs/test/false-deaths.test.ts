import { expect, it } from 'vitest';
import type { Attempt } from '../src/contract/attempt.js';
import { rangeId } from '../src/contract/key-range.js';
import { emptyTally } from '../src/contract/tally.js';
import { memoryLedger } from '../src/ledger/memory-ledger.js';
import { makeReport } from '../src/report/job-report.js';
import { listingSource } from '../src/sources/listing-source.js';
import { jobTools } from '../src/tasks/job-tools.js';
import { workOnRange } from '../src/work/range-worker.js';
import { bucketOf, jobOf, newKey, oldKey, useSmallBucket } from './small-bucket.js';

const world = useSmallBucket();
const range = { lane: 0, after: '', until: undefined };

/** Works on a range where three processes were taken for dead at an object, some of which have let go of it since. */
async function workAfter(
  isWorking: readonly boolean[],
  /** The clock of the first process. */
  firstAt = '2026-11-27T00:00:00.000Z',
) {
  const transport = world.transport();
  for (const key of ['a', 'b', 'c']) await bucketOf(transport, oldKey, 'sealed').put(key, key);
  const job = jobOf({ task: 'rewrap' });
  const ledger = memoryLedger(job);
  for (const [index, each] of isWorking.entries()) {
    const attempt: Attempt = {
      version: 1,
      id: String(index).padStart(24, '0'),
      range: rangeId(range),
      lane: 0,
      after: '',
      until: null,
      cursor: '',
      isDone: false,
      isWorking: each,
      tally: emptyTally(),
      takenOver: 0,
      number: index + 1,
      from: [],
      trying: each ? 'b' : null,
      deaths: index === 0 ? [] : [{ key: 'b', times: index }],
      worker: `worker ${index}`,
      startedAt: `2026-11-27T00:00:0${index}.000Z`,
      updatedAt: index === 0 ? firstAt : `2026-11-27T00:00:0${index}.000Z`,
    };
    await ledger.write(attempt);
  }
  const tools = jobTools(job, { transport, provider: newKey, otherProviders: [oldKey] });
  const source = listingSource(transport, '');
  const signal = new AbortController().signal;
  await workOnRange({ job, range, source, ledger, tools, worker: 'this one', signal, concurrency: 4 });
  return (await makeReport(ledger, 1)).tally;
}

it('sets an object apart at which three processes died', async () => {
  expect(await workAfter([true, true, true])).toMatchObject({
    done: 2,
    failed: 1,
    byFailure: { ERR_SET_APART: 1 },
  });
});

it('knows the latest of them by its number, not by a clock that is ahead', async () => {
  expect(await workAfter([true, true, true], '2027-01-01T00:00:00.000Z')).toMatchObject({
    done: 2,
    failed: 1,
  });
});

it('sets none apart for processes that slept, and let go when they woke', async () => {
  expect(await workAfter([false, false, true])).toMatchObject({ done: 3, failed: 0 });
  expect(await workAfter([true, false, true])).toMatchObject({ done: 3, failed: 0 });
});
