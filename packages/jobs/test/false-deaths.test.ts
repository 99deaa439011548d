import { expect, it } from 'vitest';
import type { Attempt } from '../src/contract/attempt.js';
import { memoryLedger } from '../src/ledger/memory-ledger.js';
import { makeReport } from '../src/report/job-report.js';
import { listingSource } from '../src/sources/listing-source.js';
import { jobTools } from '../src/tasks/job-tools.js';
import { workOnRange } from '../src/work/range-worker.js';
import { bucketName, bucketOf, jobOf, newKey, oldKey, useSmallBucket } from './small-bucket.js';
import { someAttempt } from './some-attempt.js';

const world = useSmallBucket();
const range = { lane: 0, after: '', until: undefined };

/** An attempt at the range that got nowhere. */
function attemptOf(index: number, changes: Partial<Attempt>): Attempt {
  const at = `2026-11-27T00:00:0${index}.000Z`;
  return someAttempt({
    number: index + 1,
    worker: `worker ${index}`,
    startedAt: at,
    updatedAt: at,
    ...changes,
  });
}

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
    await ledger.write(
      attemptOf(index, {
        isWorking: each,
        trying: each ? 'b' : null,
        deaths: index === 0 ? [] : [{ key: 'b', times: index }],
        ...(index === 0 && { updatedAt: firstAt }),
      }),
    );
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

it('fears a hundred objects after a death, and does the others together', async () => {
  const transport = world.transport();
  const names = Array.from({ length: 250 }, (_, index) => String(index).padStart(3, '0'));
  for (const name of names) await world.oss.putObject(bucketName, name, name);
  const job = jobOf({ task: 'report' });
  const ledger = memoryLedger(job);
  await ledger.write(attemptOf(0, { isWorking: true }));
  const feared = new Set<string>();
  const watched = {
    ...ledger,
    async write(attempt: Attempt) {
      if (attempt.trying !== null) feared.add(attempt.trying);
      await ledger.write(attempt);
    },
  };
  const tools = jobTools(job, { transport, provider: newKey });
  const source = listingSource(transport, '');
  const signal = new AbortController().signal;
  await workOnRange({
    job,
    range,
    source,
    ledger: watched,
    tools,
    worker: 'this one',
    signal,
    concurrency: 4,
  });
  expect([...feared]).toEqual(names.slice(0, 100));
  expect(await makeReport(ledger, 1)).toMatchObject({ isComplete: true, tally: { listed: 250, done: 250 } });
});

it('sets none apart for processes that slept, and let go when they woke', async () => {
  expect(await workAfter([false, false, true])).toMatchObject({ done: 3, failed: 0 });
  expect(await workAfter([true, false, true])).toMatchObject({ done: 3, failed: 0 });
});

it('works on a range that an attempt claims to have done whose end is its start', async () => {
  const transport = world.transport();
  for (const key of ['a', 'b', 'c']) await bucketOf(transport, oldKey, 'sealed').put(key, key);
  const job = jobOf({ task: 'rewrap' });
  const ledger = memoryLedger(job);
  await ledger.write(attemptOf(0, { until: '', isDone: true }));
  const tools = jobTools(job, { transport, provider: newKey, otherProviders: [oldKey] });
  const source = listingSource(transport, '');
  const { signal } = new AbortController();
  await workOnRange({ job, range, source, ledger, tools, worker: 'this one', signal, concurrency: 4 });
  expect(await makeReport(ledger, 1)).toMatchObject({ isComplete: true, tally: { listed: 3, done: 3 } });
});
