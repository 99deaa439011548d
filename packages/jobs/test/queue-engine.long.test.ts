import { getEventListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import { TransportError } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { collect, type LocalRedis, startRedis } from '@oss-envelope/test-kit';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../src/contract/job.js';
import type { SharedLedger } from '../src/contract/ledger.js';
import type { ObjectOutcome } from '../src/contract/object-outcome.js';
import type { ObjectSource } from '../src/contract/object-source.js';
import { type CoordinatorRun, coordinate } from '../src/engines/queue-coordinator.js';
import { type WorkerRun, workOnQueue } from '../src/engines/queue-worker.js';
import { queueName, RangeQueue } from '../src/engines/range-queue.js';
import { createBucketLedger, openBucketLedger } from '../src/ledger/bucket-ledger.js';
import { queueTelemetry } from '../src/redis/optional-packages.js';
import { makeReport } from '../src/report/job-report.js';
import { listingSource } from '../src/sources/listing-source.js';
import { jobTools } from '../src/tasks/job-tools.js';
import {
  bucketName,
  bucketOf,
  jobOf,
  newKey,
  oldKey,
  secretsOfKeys,
  useSmallBucket,
} from './small-bucket.js';

const world = useSmallBucket();
let redis: LocalRedis;
let stop: AbortController;
let news: string[];
const working: Promise<void>[] = [];

beforeAll(async () => {
  redis = await startRedis();
}, 600_000);
afterAll(() => redis.close());
beforeEach(() => {
  stop = new AbortController();
  news = [];
});
afterEach(async () => {
  stop.abort(new Error('the test is over'));
  await Promise.allSettled(working.splice(0));
  await redis.command('flushall');
});

async function fill(count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `${(index * 7919) % 1000}-${index}`);
  const bucket = bucketOf(world.transport(), oldKey, 'sealed');
  for (const name of names) await bucket.put(name, name);
  return names;
}

/** A worker of this process. Ranges are small, and it looks often. */
function work(options: Partial<WorkerRun> & { readonly pageSize?: number } = {}): Promise<void> {
  const transport = world.transport();
  const run = workOnQueue({
    redis: redis.url,
    bucketName,
    signal: stop.signal,
    lockMs: 3000,
    pollMs: 20,
    open: async (id) => {
      const ledger = await openBucketLedger(transport, id);
      return {
        ledger,
        source: listingSource(transport, '', options.pageSize ?? 5),
        tools: jobTools(ledger.job, { transport, provider: newKey, otherProviders: [oldKey] }),
      };
    },
    onNews: (text) => news.push(text),
    ...options,
  });
  working.push(run);
  run.catch(() => {});
  return run;
}

async function lead(job: Job, options: Partial<CoordinatorRun> = {}) {
  const ledger = await createBucketLedger(world.transport(), job);
  const end = await coordinate({
    redis: redis.url,
    ledger,
    lanes: 1,
    lockMs: 3000,
    pollMs: 20,
    signal: stop.signal,
    onNews: (text) => news.push(text),
    ...options,
  });
  return { end, ledger, report: await makeReport(ledger, 1) };
}

async function expectNewKey(names: readonly string[]): Promise<void> {
  const bucket = bucketOf(world.transport(), newKey, 'sealed');
  for (const name of names) expect(await (await bucket.get(name)).text()).toBe(name);
}

/** Fails at first, with what must not be told. */
function failingOnce(page: ObjectSource['page']): ObjectSource['page'] {
  let hasFailed = false;
  return async (...parameters) => {
    if (hasFailed) return page(...parameters);
    hasFailed = true;
    throw new Error('GET /?token=abc');
  };
}

const rewrap = (changes: Partial<Job> = {}): Job => jobOf({ task: 'rewrap', ...changes });

describe('a job of many processes', () => {
  it('is done by them together, and leaves nothing in Redis', async () => {
    const names = await fill(120);
    const workers = new Map<number, number>();
    const onObject =
      (worker: number) =>
      ({ kind }: ObjectOutcome): void => {
        if (kind === 'done') workers.set(worker, (workers.get(worker) ?? 0) + 1);
      };
    for (const worker of [1, 2, 3]) void work({ onObject: onObject(worker) });
    const { end, report } = await lead(rewrap());
    expect(end).toBe('done');
    expect(report).toMatchObject({ isComplete: true, isBalanced: true });
    expect(report.tally).toMatchObject({ done: 120, failed: 0 });
    expect([...workers.values()].reduce((sum, done) => sum + done, 0)).toBe(120);
    expect(workers.size).toBeGreaterThan(1);
    await expectNewKey(names);
    const left = (await redis.command('keys', '*')).split('\n').filter((key) => key !== '');
    // Counters of the queue, but no range.
    expect(left.filter((key) => /job-1/.test(key))).toEqual([]);
    for (const state of ['wait', 'active', 'delayed', 'completed', 'failed']) {
      expect(left).not.toContain(`bull:${queueName(bucketName)}:${state}`);
    }
  });

  it('adds one listener to a signal, however many workers it ends', async () => {
    for (let number = 0; number < 12; number++) void work();
    const listeners = (): number => getEventListeners(stop.signal, 'abort').length;
    await expect.poll(listeners).toBeGreaterThan(0);
    let most = 0;
    for (let looks = 0; looks < 20; looks++) {
      most = Math.max(most, listeners());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Node warns of the eleventh.
    expect(most).toBe(1);
  });

  it('is led by whoever leads it: two at once, one that died, one that comes again', async () => {
    const names = await fill(60);
    const died = new AbortController();
    const first = lead(rewrap(), { signal: died.signal });
    await expect.poll(() => news.join()).toContain('Round 1');
    died.abort(new Error('died'));
    await expect(first).rejects.toThrow('died');
    void work();
    const both = await Promise.all([lead(rewrap()), lead(rewrap())]);
    for (const { end, report } of both) {
      expect(end).toBe('done');
      expect(report.tally).toMatchObject({ done: 60 });
    }
    await expectNewKey(names);
    expect((await lead(rewrap())).report.tally).toMatchObject({ done: 60 });
  });

  it('does two jobs at once', async () => {
    const names = await fill(40);
    void work();
    const [one, two] = await Promise.all([lead(rewrap()), lead(jobOf({ id: 'job-2', task: 'verify' }))]);
    expect(one.report.tally.done).toBe(40);
    expect(two.report.tally.listed - two.report.tally.skipped).toBeGreaterThanOrEqual(40);
    await expectNewKey(names);
  });

  it('rests while it is paused, and goes on', async () => {
    await fill(60);
    let done = 0;
    const ledger = await createBucketLedger(world.transport(), rewrap());
    void work({
      ranges: 1,
      concurrency: 1,
      onObject: () => {
        if (++done === 7) void ledger.writeWish('pause');
      },
    });
    const leading = lead(rewrap());
    await expect.poll(() => done).toBeGreaterThanOrEqual(7);
    // Until what was under way has ended, however slow this machine is.
    let before: number;
    do {
      before = done;
      await new Promise((resolve) => setTimeout(resolve, 500));
    } while (done > before);
    expect(before).toBeLessThan(40);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(done).toBe(before);
    await ledger.writeWish('run');
    expect((await leading).report).toMatchObject({ isComplete: true, tally: { done: 60 } });
  });

  it('ends when it is cancelled, and keeps what is done', async () => {
    await fill(60);
    let done = 0;
    const ledger = await createBucketLedger(world.transport(), rewrap());
    void work({
      ranges: 1,
      concurrency: 1,
      onObject: () => {
        if (++done === 7) void ledger.writeWish('cancel');
      },
    });
    const { end, report } = await lead(rewrap());
    expect(end).toBe('cancelled');
    expect(report.isComplete).toBe(false);
    expect(report.tally.done).toBeGreaterThanOrEqual(5);
    expect(report.tally.done).toBeLessThan(60);
    await ledger.writeWish('run');
    expect((await lead(rewrap())).report.tally).toMatchObject({ done: 60 });
  });

  it('goes on where a worker was told to end', async () => {
    await fill(60);
    const ending = new AbortController();
    let done = 0;
    const lockMs = 30_000;
    const first = work({
      lockMs,
      ranges: 1,
      concurrency: 1,
      signal: ending.signal,
      onObject: () => {
        if (++done === 12) ending.abort(new Error('enough'));
      },
    });
    const leading = lead(rewrap(), { lockMs });
    await first;
    expect(done).toBeLessThan(20);
    const startedAt = Date.now();
    void work({ lockMs });
    const { done: counted, bySkip } = (await leading).report.tally;
    // What was done of a page that was broken off is seen to be done.
    expect(counted + (bySkip['as-wanted'] ?? 0)).toBe(60);
    // The range was given back: nobody waited for its lock to end.
    expect(Date.now() - startedAt).toBeLessThan(lockMs / 2);
  });

  it('lets a range go whose lock is lost, though BullMQ would let it go on', async () => {
    const names = await fill(20);
    const transport = world.transport();
    let isFirst = true;
    void work({
      open: async (id) => {
        const ledger = await openBucketLedger(transport, id);
        const tools = jobTools(ledger.job, { transport, provider: newKey, otherProviders: [oldKey] });
        const source = listingSource(transport, '', 5);
        const page: ObjectSource['page'] = async (range, cursor, signal) => {
          if (!isFirst) return source.page(range, cursor, signal);
          isFirst = false;
          const script = "for _, key in ipairs(redis.call('keys', '*:lock')) do redis.call('del', key) end";
          await redis.command('eval', script, '0');
          // It would wait for ever, as a process that sleeps.
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
        };
        return { ledger, tools, source: { ...source, page } };
      },
    });
    const { report } = await lead(rewrap());
    expect(report).toMatchObject({ isComplete: true, tally: { done: 20 } });
    expect(news.join()).toContain('taken by another process');
    await expectNewKey(names);
  });

  it('survives an empty Redis, and does what was lost', async () => {
    const names = await fill(80);
    let done = 0;
    let flushed: Promise<unknown> = Promise.resolve();
    const writes = new Map<string, number>();
    void work({
      onObject: ({ key, kind }) => {
        if (kind === 'done') writes.set(key, (writes.get(key) ?? 0) + 1);
        if (++done === 20) flushed = redis.command('flushall');
      },
    });
    const { report } = await lead(rewrap());
    await flushed;
    expect(report).toMatchObject({ isComplete: true, isBalanced: true });
    await expectNewKey(names);
    expect(Math.max(...writes.values())).toBeLessThanOrEqual(2);
  });

  it('survives a Redis that is away for a while', async () => {
    const names = await fill(80);
    let done = 0;
    let away: Promise<void> = Promise.resolve();
    void work({
      onObject: () => {
        if (++done !== 20) return;
        away = redis.kill().then(async () => {
          await new Promise((resolve) => setTimeout(resolve, 4000));
          await redis.start();
        });
      },
    });
    const { report } = await lead(rewrap());
    await away;
    expect(report).toMatchObject({ isComplete: true, isBalanced: true });
    await expectNewKey(names);
  });

  it('is begun anew under workers that stay, and what the queue still has of the run before is dropped', async () => {
    await fill(12);
    const seen: string[] = [];
    void work({ onObject: ({ kind, key }) => kind === 'done' && seen.push(key) });
    const { ledger } = await lead(rewrap({ task: 'verify' }));
    expect(seen.length).toBe(12);
    await ledger.nextRun();
    const queue = await RangeQueue.open({ redis: redis.url, bucketName });
    await queue.add({ jobId: ledger.job.id, run: 1 }, [{ lane: 0, after: '', until: undefined }]);
    await expect.poll(() => queue.namesOf({ jobId: ledger.job.id, run: 1 }), { timeout: 20_000 }).toEqual([]);
    queue.close();
    expect(seen.length).toBe(12);
    const { report } = await lead(rewrap({ task: 'verify' }));
    expect(report).toMatchObject({ isComplete: true, isBalanced: true, tally: { done: 12 } });
    expect(seen.length).toBe(24);
  });

  it('survives a bucket that is away while the coordinator asks', async () => {
    const names = await fill(10);
    const ledger = await createBucketLedger(world.transport(), rewrap());
    let left = 3;
    const fail = (): void => {
      if (left-- > 0) throw new TransportError('OSS is away', { retryable: true });
    };
    const shaky: SharedLedger = {
      ...ledger,
      job: ledger.job,
      run: ledger.run,
      attempts: (range) => ledger.attempts(range),
      async readWish() {
        fail();
        return ledger.readWish();
      },
    };
    void work();
    const { end } = await lead(rewrap(), { ledger: shaky });
    expect(end).toBe('done');
    expect(left).toBeLessThan(0);
    expect(news.join()).toContain('OSS is away');
    await expectNewKey(names);
  });

  it('says why when the same ranges fail again and again, and starts again', async () => {
    await fill(5);
    let isBroken = true;
    const transport = world.transport();
    void work({
      open: async (id) => {
        if (isBroken) throw Object.assign(new Error('secret: abc'), { code: 'EKEY' });
        const ledger = await openBucketLedger(transport, id);
        const tools = jobTools(ledger.job, { transport, provider: newKey, otherProviders: [oldKey] });
        return { ledger, tools, source: listingSource(transport, '', 5) };
      },
      backoff: () => 1,
    });
    const error = await lead(rewrap()).catch((error) => error);
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(error.message).toMatch(/1 ranges failed again and again.*EKEY/);
    expect(error.message).not.toContain('abc');
    isBroken = false;
    expect((await lead(rewrap())).report.tally).toMatchObject({ done: 5 });
  });

  it('keeps no key, no plaintext and no credential in Redis or in the bucket', async () => {
    const plaintext = 'the plaintext of an object';
    const bucket = bucketOf(world.transport(), oldKey, 'sealed');
    for (let index = 0; index < 30; index++) await bucket.put(`n-${index}`, plaintext);
    await redis.command('config', 'set', 'rdbcompression', 'no');
    let saved = '';
    let done = 0;
    let saving: Promise<void> = Promise.resolve();
    const transport = world.transport();
    void work({
      onObject: () => {
        if (++done !== 12) return;
        saving = redis.command('save').then(async () => {
          saved = await readFile(join(redis.folder, 'dump.rdb'), 'latin1');
        });
      },
      open: async (id) => {
        const ledger = await openBucketLedger(transport, id);
        const tools = jobTools(ledger.job, { transport, provider: newKey, otherProviders: [oldKey] });
        const source = listingSource(transport, '', 5);
        return { ledger, source: { ...source, page: failingOnce(source.page) }, tools };
      },
      backoff: () => 1,
    });
    const { report } = await lead(rewrap());
    await saving;
    expect(report.isComplete).toBe(true);
    expect(saved).toContain('job-1.1.r');
    const kept = await Promise.all(
      world.oss
        .keys(bucketName)
        .filter((key) => key.startsWith('.oss-envelope/'))
        .map(async (key) => {
          const { chunks } = await transport.get({ key, headers: {} });
          return (await collect(chunks)).toString('latin1');
        }),
    );
    expect(kept.length).toBeGreaterThan(3);
    expect(secretsOfKeys.length).toBeGreaterThan(30);
    const { accessKeyId, accessKeySecret } = defaultOssAccount;
    for (const text of [saved, ...kept]) {
      for (const secret of [plaintext, accessKeyId, accessKeySecret, 'token=abc', ...secretsOfKeys]) {
        expect(text.includes(secret), secret.slice(0, 8)).toBe(false);
      }
    }
  });

  it('tells the telemetry that it is given what it does, and no more of a range than its name', async () => {
    await fill(5);
    const seen: string[] = [];
    const note = (...values: unknown[]): void => void seen.push(JSON.stringify(values));
    const span = {
      spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
      isRecording: () => true,
      ...Object.fromEntries(
        ['setAttribute', 'setAttributes', 'addEvent', 'recordException', 'setStatus', 'updateName'].map(
          (name) => [name, note],
        ),
      ),
      end: () => {},
    };
    const startSpan = (...values: unknown[]) => {
      note(...values.slice(0, 2));
      return span;
    };
    trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) } as never);
    const telemetry = await queueTelemetry();
    void work({ telemetry });
    expect((await lead(rewrap(), { telemetry })).report.tally).toMatchObject({ done: 5 });
    const text = seen.join('\n');
    expect(text).toMatch(/process .*oss-envelope.*photos/);
    expect(text).toMatch(/job-1\.1\.r[0-9a-f]{24}/);
    expect(text).not.toContain('redis://');
    trace.disable();
  });

  it('lets strangers’ entries of the queue be', async () => {
    await fill(5);
    const queue = new Queue(queueName(bucketName), { connection: { url: redis.url } });
    await queue.add('x', { jobId: '../..', lane: -1 });
    await queue.add('y', 'text');
    void work();
    expect((await lead(rewrap())).report.tally).toMatchObject({ done: 5 });
    await queue.close();
  });
});
