import { hostname } from 'node:os';
import { setTimeout as sleepUnheld } from 'node:timers/promises';
import { isOssEnvelopeError } from '@oss-envelope/core';
import { sleep, unlessAborted } from '@oss-envelope/core/adapter';
import type { Job as QueueJob, Worker } from 'bullmq';
import type { SharedLedger, Wish } from '../contract/ledger.js';
import type { ObjectOutcome } from '../contract/object-outcome.js';
import type { ObjectSource } from '../contract/object-source.js';
import { loadBullmq } from '../redis/optional-packages.js';
import type { JobTools } from '../tasks/job-tools.js';
import { Weather, type WeatherOptions } from '../work/object-attempts.js';
import { type RangeResult, workOnRange } from '../work/range-worker.js';
import { Turns } from '../work/turns.js';
import { backoffMs, parseQueued, type QueuedRange, type QueueOptions, RangeQueue } from './range-queue.js';

/** What a process needs to work on a job. */
export interface OpenJob {
  readonly ledger: SharedLedger;
  readonly source: ObjectSource;
  /** With the keys of this process: the queue has none. */
  readonly tools: JobTools;
}

/** How a process works on the jobs of a bucket. */
export interface WorkerRun extends QueueOptions, WeatherOptions {
  /** Opens a job by its name, as it is now: once for each of its runs. */
  readonly open: (jobId: string) => Promise<OpenJob>;
  /** Ends the work: ranges that are worked on are given back. */
  readonly signal: AbortSignal;
  /** How many objects may be under way at once, 16 by default. */
  readonly concurrency?: number | undefined;
  /** How many ranges are worked on at once, 4 by default. */
  readonly ranges?: number | undefined;
  /** How long a range is locked before it is taken from a worker that gives no sign, in milliseconds; 30,000 by default. */
  readonly lockMs?: number | undefined;
  /** How often it looks at the wish and at the length of the queue, in milliseconds; 2,000 by default. */
  readonly pollMs?: number | undefined;
  /** How long a range waits after it failed so many times in a row, in milliseconds; from a second to a minute by default. */
  readonly backoff?: ((failures: number) => number) | undefined;
  readonly onObject?: ((outcome: ObjectOutcome) => void) | undefined;
  /** Told in a sentence of what people may want to know. */
  readonly onNews?: ((news: string) => void) | undefined;
}

/** Ranges are cut while fewer than this wait for a worker. */
const scarce = 8;
/** How long a range of a paused job rests before somebody looks again, in wishes' turns. */
const restTurns = 5;
/** How long ranges may take to be given back, in milliseconds, and lest it be killed: Kubernetes waits for 30 s. */
const longestCloseMs = 20_000;
/** BullMQ fails a job for good when it stalled more often. Deaths at an object are counted by the ledger. */
const mostStalls = 1_000_000;

/**
 * Works on the jobs of a bucket, with any number of processes like this one, until it is aborted. A range whose lock is
 * lost, since this process slept or Redis was away, is let go: another one has it, and this one writes nothing but its own
 * attempt.
 *
 * @returns when the ranges that were worked on are given back
 * @throws as {@link RangeQueue.open} does
 */
export async function workOnQueue(run: WorkerRun): Promise<void> {
  const queue = await RangeQueue.open(run);
  try {
    await new QueueWorker(run, queue).run();
  } finally {
    queue.close();
  }
}

class QueueWorker {
  readonly #run: WorkerRun;
  readonly #queue: RangeQueue;
  readonly #weather: Weather;
  readonly #turns = new Turns();
  readonly #jobs = new Map<string, Promise<OpenJob>>();
  readonly #pollMs: number;
  readonly #worker: string = `${hostname()} ${process.pid}`;
  #isScarce = false;
  /** How many ranges failed in a row, here. */
  #failures = 0;

  constructor(run: WorkerRun, queue: RangeQueue) {
    this.#run = run;
    this.#queue = queue;
    this.#weather = new Weather(run);
    this.#pollMs = run.pollMs ?? 2000;
  }

  async run(): Promise<void> {
    const { signal, ranges = 4, lockMs = 30_000, telemetry, onNews, backoff = backoffMs } = this.#run;
    for (const advice of this.#queue.connections.advice) onNews?.(advice);
    const { Worker, DelayedError, WaitingError } = await loadBullmq();
    const connection = this.#queue.connections.steady.duplicate();
    connection.on('error', () => {});
    const worker = new (withLetGo(Worker))(
      this.#queue.name,
      async (job, token, lock) => {
        const end = await this.#work(job, lock ?? new AbortController().signal);
        if (end === 'done') return;
        if (end === 'given-back') {
          await job.moveToWait(token);
          throw new WaitingError();
        }
        await job.moveToDelayed(Date.now() + restTurns * this.#pollMs * (0.5 + Math.random()), token);
        throw new DelayedError();
      },
      {
        connection,
        name: this.#worker,
        concurrency: ranges,
        lockDuration: lockMs,
        stalledInterval: lockMs,
        maxStalledCount: mostStalls,
        runRetryDelay: 1000,
        settings: { backoffStrategy: backoff },
        ...(telemetry !== undefined && { telemetry: telemetry as never }),
      },
    );
    worker.on('error', (error) => onNews?.(`The queue says: ${error.message}`));
    worker.on('lockRenewalFailed', (names) => {
      // BullMQ itself lets the work go on.
      for (const name of names) worker.cancelJob(name, 'the lock was lost');
    });
    const watching = this.#watch();
    await unlessAborted(new Promise<never>(() => {}), signal).catch(() => {});
    await closeSoon(worker, Math.min(lockMs, longestCloseMs));
    connection.disconnect();
    await watching;
    await Promise.allSettled([...this.#jobs.values()].map(async (job) => (await job).ledger.close()));
  }

  /** Looks now and then whether others wait for ranges. */
  async #watch(): Promise<void> {
    const { signal } = this.#run;
    while (!signal.aborted) {
      try {
        this.#isScarce = (await unlessAborted(this.#queue.waiting(), signal)) < scarce;
      } catch {
        // Without Redis nobody can take what is cut off.
        this.#isScarce = false;
      }
      await sleep(this.#pollMs, signal).catch(() => {});
    }
  }

  async #work(job: QueueJob, lock: AbortSignal): Promise<'done' | 'given-back' | 'rest'> {
    const { signal } = this.#run;
    const queued = parseQueued(job.data);
    // Somebody else's: it would fail for ever.
    if (queued === undefined) return 'done';
    try {
      const result = await this.#workOn(queued, AbortSignal.any([signal, lock]));
      this.#failures = 0;
      return result === 'paused' ? 'rest' : 'done';
    } catch (error) {
      if (signal.aborted) return 'given-back';
      if (lock.aborted) {
        this.#run.onNews?.('A range was taken by another process, since this one gave no sign in time.');
        throw new Error('The lock was lost.');
      }
      const told = sentence(error);
      this.#run.onNews?.(`A range failed: ${told}`);
      // A process with a fault of its own must not fail all ranges faster than others can take them.
      const { backoff = backoffMs } = this.#run;
      const both = AbortSignal.any([signal, lock]);
      await sleep(backoff(++this.#failures), both).catch(() => {});
      if (signal.aborted) return 'given-back';
      throw new Error(told);
    }
  }

  async #workOn({ jobId, run, range }: QueuedRange, signal: AbortSignal): Promise<RangeResult> {
    const { ledger, source, tools } = await this.#open(jobId, run);
    // Left in the queue by a run that is over.
    if (ledger.run !== run) return 'done';
    const { concurrency = 16, ranges = 4, onObject } = this.#run;
    return workOnRange({
      job: ledger.job,
      range,
      source,
      ledger,
      tools,
      worker: this.#worker,
      signal,
      concurrency: Math.max(1, Math.floor(concurrency / ranges)),
      weather: this.#weather,
      turns: this.#turns,
      shouldSplit: () => this.#isScarce,
      onSplit: async (upper) => {
        try {
          await unlessAborted(this.#queue.add({ jobId, run }, [upper]), signal);
        } catch {
          // The ledger has that this range ends here: the coordinator finds the rest missing.
          signal.throwIfAborted();
        }
      },
      onObject,
    });
  }

  #open(jobId: string, run: number): Promise<OpenJob> {
    const name = `${jobId}.${run}`;
    const known = this.#jobs.get(name);
    if (known !== undefined) return known;
    const opening = this.#run
      .open(jobId)
      .then((job) => ({ ...job, ledger: withCachedWish(job.ledger, this.#pollMs) }));
    this.#jobs.set(name, opening);
    // Another time it may be there.
    opening.catch(() => this.#jobs.delete(name));
    return opening;
  }
}

/** A worker that can be left as it is. */
function withLetGo(base: typeof Worker) {
  return class extends base {
    /**
     * Renews locks no more, and disconnects. BullMQ does so itself when all that it asked of Redis has an answer. What was on
     * its way when a connection broke never gets one if it is given up before there is another: ioredis forgets it.
     */
    async letGo(): Promise<void> {
      await this.lockManager.close();
      await this.disconnect();
    }
  };
}

/** Waits for ranges to be given back, but not for a Redis that is away. */
async function closeSoon(
  worker: { close(): Promise<void>; letGo(): Promise<void> },
  withinMs: number,
): Promise<void> {
  const isClosed = await Promise.race([
    worker.close().then(
      () => true,
      () => true,
    ),
    sleepUnheld(withinMs, false, { ref: false }),
  ]);
  if (!isClosed)
    await Promise.race([worker.letGo().catch(() => {}), sleepUnheld(1000, undefined, { ref: false })]);
}

/** A ledger that asks for the wish no more than once in a while, however many ranges are worked on. */
function withCachedWish(ledger: SharedLedger, lastsMs: number): SharedLedger {
  let asked: { readonly atMs: number; readonly wish: Promise<Wish> } | undefined;
  const readWish = (): Promise<Wish> => {
    const nowMs = performance.now();
    if (asked === undefined || nowMs - asked.atMs > lastsMs) {
      const wish = ledger.readWish();
      asked = { atMs: nowMs, wish };
      wish.catch(() => {
        asked = undefined;
      });
    }
    return asked.wish;
  };
  return new Proxy(ledger, {
    get(target, name) {
      if (name === 'readWish') return readWish;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** What Redis may keep of an error: the words of this project hold no secret, those of others may. */
function sentence(error: unknown): string {
  if (isOssEnvelopeError(error)) return `${error.code}: ${error.message}`;
  const code = error instanceof Error && 'code' in error ? String(error.code).slice(0, 60) : '';
  return `${error instanceof Error ? error.name : 'An error'}${code && ` (${code})`}: look at what the worker wrote`;
}
