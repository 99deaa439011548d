import { setTimeout as sleep } from 'node:timers/promises';
import { type ObjectTransport, TransportError } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../src/contract/attempt.js';
import { runLocally } from '../src/engines/local-engine.js';
import { memoryLedger } from '../src/ledger/memory-ledger.js';
import { failuresOf, makeReport } from '../src/report/job-report.js';
import { listingSource } from '../src/sources/listing-source.js';
import { jobTools } from '../src/tasks/job-tools.js';
import type { ObjectWork } from '../src/tasks/object-task.js';
import { tryObject, Weather } from '../src/work/object-attempts.js';
import { workOnRange } from '../src/work/range-worker.js';
import { bucketOf, jobOf, newKey, oldKey, strangersKey, useSmallBucket } from './small-bucket.js';

const world = useSmallBucket();

it('forgets no failure, and writes nothing, however often a paused job is looked at', async () => {
  const transport = world.transport();
  const bucket = bucketOf(transport, strangersKey, 'sealed');
  for (let index = 0; index < 6; index++) await bucket.put(`k${index}`, 'x');
  const job = jobOf({ task: 'verify' });
  const ledger = memoryLedger(job);
  const tools = jobTools(job, { transport, provider: newKey });
  const source = listingSource(transport, '', 2);
  // As a queue hands the same range out again and again.
  const run = (pauseAfter?: number) => {
    let seen = 0;
    const onObject = (): void => {
      if (++seen === pauseAfter) void ledger.writeWish('pause');
    };
    const range = { lane: 0, after: '', until: undefined };
    const { signal } = new AbortController();
    return workOnRange({ job, range, source, ledger, tools, worker: 'w', signal, concurrency: 1, onObject });
  };
  expect(await run(2)).toBe('paused');
  for (let looks = 0; looks < 1010; looks++) await run();
  await ledger.writeWish('run');
  expect(await run()).toBe('done');
  const keys: string[] = [];
  for await (const { key } of failuresOf(ledger, 1)) keys.push(key);
  expect(keys.length).toBe((await makeReport(ledger, 1)).tally.failed);
  expect(keys).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5']);
  const attempts: Attempt[] = [];
  for await (const attempt of ledger.attempts()) attempts.push(attempt);
  expect(attempts.length).toBeLessThan(5);
});

describe('an outage', () => {
  /** A bucket whose HEAD is away for so many calls. */
  async function away(times: number): Promise<ObjectWork> {
    const transport = world.transport();
    await bucketOf(transport, newKey, 'sealed').put('k', 'x');
    let left = times;
    const head: ObjectTransport['head'] = async (request) => {
      if (left-- > 0) throw new TransportError('away', { retryable: true });
      return transport.head(request);
    };
    const job = jobOf({ task: 'verify', filter: { minSizeBytes: 10 } });
    const tools = jobTools(job, { transport: { ...transport, head }, provider: newKey });
    return { job, tools, signal: undefined };
  }

  it('is not over because objects are left out that nobody has to ask for', async () => {
    const work = await away(20);
    const weather: Weather = new Weather({
      sleep: async () => {
        await sleep(2);
        for (const key of ['small', '.oss-envelope/jobs/x/job.json']) {
          await tryObject(work, { key, position: key, sizeBytes: 1 }, weather);
        }
      },
    });
    expect(await tryObject(work, { key: 'k', position: 'k' }, weather)).toMatchObject({ kind: 'done' });
  });

  it('is waited for also by a process that had nothing to do for long', async () => {
    const weather = new Weather({ patienceMs: 30, sleep: async () => {} });
    await sleep(60);
    expect(await tryObject(await away(3), { key: 'k', position: 'k' }, weather)).toMatchObject({
      kind: 'done',
    });
  });

  it('of half an hour of nothing but 503 is waited for, and no object is given up', async () => {
    const transport = world.transport();
    const names = Array.from({ length: 24 }, (_, index) => `k${index}`);
    for (const name of names) await bucketOf(transport, oldKey, 'sealed').put(name, name);
    const minuteMs = 60_000;
    let nowMs = 0;
    let endMs = 0;
    let refused = 0;
    const outage = world.oss.faults.add({
      kind: 'status',
      status: 503,
      code: 'ServiceUnavailable',
      times: Number.POSITIVE_INFINITY,
      match: () => {
        if (nowMs < endMs) refused++;
        return nowMs < endMs;
      },
    });
    let done = 0;
    const job = jobOf({ task: 'rewrap' });
    const ledger = memoryLedger(job);
    const source = listingSource(transport, '', 12);
    await runLocally({
      ledger,
      source,
      tools: jobTools(job, { transport, provider: newKey, otherProviders: [oldKey] }),
      now: () => nowMs,
      async sleep(delayMs) {
        nowMs += delayMs;
      },
      onObject: () => {
        if (++done === 7) endMs = nowMs + 30 * minuteMs;
      },
    });
    outage.remove();
    expect(nowMs).toBeGreaterThanOrEqual(30 * minuteMs);
    expect(refused).toBeGreaterThan(20);
    const { tally, isComplete, isBalanced } = await makeReport(ledger, 1);
    expect({ isComplete, isBalanced, ...tally }).toMatchObject({
      isComplete: true,
      isBalanced: true,
      listed: 24,
      failed: 0,
      gone: 0,
    });
    // One whose answer was lost to the outage is seen to be done.
    expect(tally.done + tally.skipped).toBe(24);
    expect(tally.done).toBeGreaterThan(10);
  });

  it('that is too long ends the work all the same', async () => {
    const weather = new Weather({ patienceMs: 30, sleep: () => sleep(5) });
    await expect(tryObject(await away(1_000_000), { key: 'k', position: 'k' }, weather)).rejects.toThrow(
      'away',
    );
  });
});
