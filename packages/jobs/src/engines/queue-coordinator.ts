import { TransportError } from '@oss-envelope/core';
import { isPassing, sleep, unlessAborted } from '@oss-envelope/core/adapter';
import type { KeyRange } from '../contract/key-range.js';
import type { SharedLedger } from '../contract/ledger.js';
import { type CoveringAttempt, coverage } from '../ledger/coverage.js';
import { firstOf } from '../ranges/lane-order.js';
import { loadBullmq } from '../redis/optional-packages.js';
import type { RangeResult } from '../work/range-worker.js';
import { type QueuedRun, type QueueOptions, RangeQueue } from './range-queue.js';

/** How a job is led that many processes work on. */
export interface CoordinatorRun extends Omit<QueueOptions, 'bucketName'> {
  /** In the bucket, so that all of them see it. */
  readonly ledger: SharedLedger;
  /** How many lanes the source has. */
  readonly lanes: number;
  /** How long a worker's lock lasts, in milliseconds; the same as the workers' option. 30,000 by default. */
  readonly lockMs?: number | undefined;
  /** How often it looks, in milliseconds; 1,000 by default. */
  readonly pollMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told in a sentence of what people may want to know: advice about Redis, a round that begins, a range that failed. */
  readonly onNews?: ((news: string) => void) | undefined;
}

/** More than this wait in Redis only where workers cut ranges. */
const mostWaiting = 2000;
const mostIdleRounds = 3;
/** How long Redis, or OSS, may refuse everything before the coordinator gives up; the job can be started again. */
const patienceMs = 60 * 60 * 1000;

/**
 * Leads a job: hands its ranges out to the workers, waits, and compares what they did with the source. What is missing is
 * handed out again, whatever became of it: a worker's death, a lost queue, a range that was cut and never told of. It may
 * die and be started again, and two of one job do no harm. While the job is paused it waits.
 *
 * Workers need not run yet. The ledger is the truth; Redis holds only what waits.
 *
 * @throws as {@link RangeQueue.open} and the ledger's calls do; TransportError when the same ranges fail again and again;
 *   the signal's reason. The ledger has what was done
 */
export async function coordinate(run: CoordinatorRun): Promise<Exclude<RangeResult, 'paused'>> {
  const { ledger, redis, telemetry } = run;
  const queue = await RangeQueue.open({ redis, telemetry, bucketName: ledger.job.bucketName });
  const failures = await FailureNews.open(queue, ledger.job.id, run.onNews);
  try {
    for (const advice of queue.connections.advice) run.onNews?.(advice);
    return await new Coordinator(run, queue, failures).run();
  } finally {
    failures.close();
    queue.close();
  }
}

class Coordinator {
  readonly #run: CoordinatorRun;
  readonly #queue: RangeQueue;
  readonly #failures: FailureNews;
  readonly #queued: QueuedRun;
  readonly #pollMs: number;

  constructor(run: CoordinatorRun, queue: RangeQueue, failures: FailureNews) {
    this.#run = run;
    this.#queue = queue;
    this.#failures = failures;
    this.#queued = { jobId: run.ledger.job.id, run: run.ledger.run };
    this.#pollMs = run.pollMs ?? 1000;
  }

  async run(): Promise<'cancelled' | 'done'> {
    let holesBefore = '';
    let idleRounds = 0;
    for (let round = 1; ; round++) {
      // What an earlier coordinator handed out counts too.
      if ((await this.#untilEmpty()) === 'cancelled') return 'cancelled';
      const { ledger, lanes } = this.#run;
      const holes = firstOf(ledger.job, await this.#patiently(() => this.#holes()), lanes);
      if (holes.length === 0) return 'done';
      const spelled = JSON.stringify(holes);
      idleRounds = spelled === holesBefore ? idleRounds + 1 : 0;
      if (idleRounds >= mostIdleRounds) throw this.#stuck(holes);
      holesBefore = spelled;
      this.#run.onNews?.(`Round ${round}: ${holes.length} ${holes.length === 1 ? 'range' : 'ranges'} to do.`);
      if ((await this.#handOut(shuffled(holes))) === 'cancelled') return 'cancelled';
    }
  }

  /** Waits until nothing of the job waits or is worked on. */
  async #untilEmpty(): Promise<'cancelled' | 'empty'> {
    for (;;) {
      const names = await this.#steadily(() => this.#queue.namesOf(this.#queued));
      if (await this.#isCancelled(names.length > 0)) return 'cancelled';
      if (names.length === 0) return 'empty';
      await this.#sleep(this.#pollMs);
    }
  }

  /** Looks at the wish. @returns whether the job is cancelled, and nothing of it is left */
  async #isCancelled(isSomethingThere: boolean): Promise<boolean> {
    for (;;) {
      const wish = await this.#patiently(() => this.#run.ledger.readWish());
      if (wish === 'cancel') {
        await this.#steadily(() => this.#queue.drop(this.#queued));
        const names = await this.#steadily(() => this.#queue.namesOf(this.#queued));
        if (names.length === 0) return true;
      } else if (wish === 'run' || isSomethingThere) return false;
      await this.#sleep(this.#pollMs);
    }
  }

  async #holes(): Promise<readonly KeyRange[]> {
    const { ledger, lanes, lockMs = 30_000 } = this.#run;
    for (let isSecondLook = false; ; isSecondLook = true) {
      const { attempts, holes } = await coverage(ledger, lanes);
      const isAlive = ({ isWorking, updatedAt }: CoveringAttempt): boolean =>
        isWorking && Math.abs(Date.now() - Date.parse(updatedAt)) < lockMs;
      if (holes.length === 0 || isSecondLook || !attempts.some(isAlive)) return holes;
      // Redis has lost the queue, and workers have not seen that yet: what they still do need not be done twice.
      await this.#sleep(lockMs);
    }
  }

  async #handOut(ranges: readonly KeyRange[]): Promise<'cancelled' | 'out'> {
    const bundle = 500;
    for (let first = 0; first < ranges.length; ) {
      if (await this.#isCancelled(true)) return 'cancelled';
      const waiting = await this.#steadily(() => this.#queue.waiting());
      if (waiting >= mostWaiting) {
        await this.#sleep(this.#pollMs);
        continue;
      }
      const next = ranges.slice(first, first + bundle);
      await this.#steadily(() => this.#queue.add(this.#queued, next));
      first += bundle;
    }
    return 'out';
  }

  /** Makes a call to Redis, again while Redis refuses: it may be loading, full, or about to change places. */
  #steadily<T>(call: () => Promise<T>): Promise<T> {
    return this.#repeatedly(
      () => unlessAborted(call(), this.#run.signal),
      'Redis refuses',
      () => true,
    );
  }

  /** Asks the ledger, again while OSS is away: an outage ends no job. */
  #patiently<T>(call: () => Promise<T>): Promise<T> {
    return this.#repeatedly(call, 'The ledger cannot be read now', isPassing);
  }

  async #repeatedly<T>(
    call: () => Promise<T>,
    what: string,
    isToRepeat: (error: unknown) => boolean,
  ): Promise<T> {
    const { signal, onNews } = this.#run;
    const startedAt = Date.now();
    for (;;) {
      try {
        return await call();
      } catch (error) {
        signal?.throwIfAborted();
        if (!isToRepeat(error) || Date.now() - startedAt > patienceMs) throw error;
        onNews?.(`${what}: ${error instanceof Error ? error.message : String(error)}`);
        await this.#sleep(Math.max(1000, this.#pollMs));
      }
    }
  }

  async #sleep(delayMs: number): Promise<void> {
    await sleep(delayMs, this.#run.signal);
  }

  #stuck(holes: readonly KeyRange[]): TransportError {
    const after = JSON.stringify(holes[0]?.after ?? '');
    const why = this.#failures.last ?? 'Workers told no reason: look at what they wrote';
    return new TransportError(
      `${holes.length} ranges failed again and again, the first of them behind ${after}. ${why.replace(/\.$/, '')}. What was done is ` +
        'kept: start the job again when the reason is gone.',
      { retryable: true },
    );
  }
}

/** Why ranges of a job failed, as workers tell it through the queue. */
class FailureNews {
  last: string | undefined;
  close: () => void = () => {};

  static async open(
    queue: RangeQueue,
    jobId: string,
    onNews: ((news: string) => void) | undefined,
  ): Promise<FailureNews> {
    const news = new FailureNews();
    const { QueueEvents } = await loadBullmq();
    const connection = queue.connections.steady.duplicate();
    connection.on('error', () => {});
    const events = new QueueEvents(queue.name, { connection });
    events.on('error', () => {});
    events.on('failed', ({ jobId: name, failedReason }) => {
      if (!name.startsWith(`${jobId}.`)) return;
      news.last = failedReason.slice(0, 1000);
      onNews?.(`A range failed: ${news.last}`);
    });
    news.close = () => {
      connection.disconnect();
      void events.close().catch(() => {});
    };
    return news;
  }
}

/** In no order: keys that follow each other are slow when they are taken in order. */
function shuffled<T>(items: readonly T[]): readonly T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as T, mixed[last] as T];
  }
  return mixed;
}
