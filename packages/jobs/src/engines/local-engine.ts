import { isOssEnvelopeError, TransportError } from '@oss-envelope/core';
import type { KeyRange } from '../contract/key-range.js';
import type { Ledger } from '../contract/ledger.js';
import type { ObjectOutcome } from '../contract/object-outcome.js';
import type { ObjectSource } from '../contract/object-source.js';
import { coverage } from '../ledger/coverage.js';
import { firstOf } from '../ranges/lane-order.js';
import type { JobTools } from '../tasks/job-tools.js';
import { Weather, type WeatherOptions } from '../work/object-attempts.js';
import { type RangeResult, workOnRange } from '../work/range-worker.js';
import { Turns } from '../work/turns.js';

/** How a job is run in one process. */
export interface LocalRun extends WeatherOptions {
  readonly ledger: Ledger;
  readonly source: ObjectSource;
  readonly tools: JobTools;
  /** How many objects may be under way at once, 16 by default. */
  readonly concurrency?: number | undefined;
  /** How many ranges are worked on at once, 4 by default: keys next to each other lie in one partition of OSS. */
  readonly ranges?: number | undefined;
  readonly isDryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onObject?: ((outcome: ObjectOutcome) => void) | undefined;
}

/** After how many rounds that leave the same holes a job gives up. */
const mostIdleRounds = 3;

/**
 * Runs a job in this process, from where its ledger says that it ended. Needs nothing besides. When it is aborted or
 * killed, the next call goes on.
 *
 * @throws what ends the work: the signal's reason, refused credentials, a full disk; the ledger has what was done.
 *   IntegrityError for a damaged file of an inventory, when all that the others name is done
 */
export async function runLocally(run: LocalRun): Promise<RangeResult> {
  const { ledger, source } = run;
  let holesBefore = '';
  let idleRounds = 0;
  for (;;) {
    const holes = firstOf(ledger.job, (await coverage(ledger, source.lanes)).holes, source.lanes);
    if (holes.length === 0) return 'done';
    const spelled = JSON.stringify(holes);
    idleRounds = spelled === holesBefore ? idleRounds + 1 : 0;
    if (idleRounds >= mostIdleRounds) {
      throw new TransportError('A range is done, and the ledger does not say so. Look at the ledger.', {
        retryable: false,
      });
    }
    holesBefore = spelled;
    const result = await new Round(run, holes).run();
    if (result !== 'done') return result;
  }
}

/** All that is to be done now, and what comes of cutting it. */
class Round {
  readonly #run: LocalRun;
  readonly #waiting: KeyRange[];
  readonly #weather: Weather;
  readonly #turns = new Turns();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #working = 0;
  #wake: (() => void)[] = [];
  #ending: RangeResult = 'done';
  /** Why a part of the source cannot be read. */
  #damage: unknown;

  constructor(run: LocalRun, ranges: readonly KeyRange[]) {
    this.#run = run;
    this.#waiting = [...ranges];
    this.#weather = new Weather(run);
    this.#signal =
      run.signal === undefined ? this.#stop.signal : AbortSignal.any([run.signal, this.#stop.signal]);
  }

  get #atOnce(): number {
    return this.#run.ranges ?? 4;
  }

  async run(): Promise<RangeResult> {
    const workers = Array.from({ length: this.#atOnce }, () => this.#worker());
    try {
      await Promise.all(workers);
    } catch (error) {
      this.#stop.abort(error);
      this.#wakeAll();
      await Promise.allSettled(workers);
      throw error;
    }
    if (this.#damage !== undefined && this.#ending === 'done') throw this.#damage;
    return this.#ending;
  }

  async #worker(): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#ending !== 'done') return;
      const range = this.#takeAny();
      if (range === undefined) {
        if (this.#working === 0) {
          this.#wakeAll();
          return;
        }
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        continue;
      }
      this.#working++;
      try {
        const result = await this.#work(range);
        if (result !== 'done') this.#ending = result;
      } catch (error) {
        // Of a source of many files one is damaged: what the others name is done all the same, and then that is told.
        if (!isOssEnvelopeError(error, 'ERR_INTEGRITY')) throw error;
        this.#damage ??= error;
      } finally {
        this.#working--;
        this.#wakeAll();
      }
    }
  }

  /** In no order: keys that follow each other are slow when they are taken in order. */
  #takeAny(): KeyRange | undefined {
    const index = Math.floor(Math.random() * this.#waiting.length);
    return this.#waiting.splice(index, 1)[0];
  }

  #work(range: KeyRange): Promise<RangeResult> {
    const { ledger, source, tools, concurrency = 16, isDryRun, onObject } = this.#run;
    return workOnRange({
      job: ledger.job,
      range,
      source,
      ledger,
      tools,
      worker: `process ${process.pid}`,
      signal: this.#signal,
      concurrency: Math.max(1, Math.floor(concurrency / this.#atOnce)),
      isDryRun,
      weather: this.#weather,
      turns: this.#turns,
      shouldSplit: () => this.#waiting.length === 0 && this.#working < this.#atOnce,
      onSplit: async (upper) => {
        this.#waiting.push(upper);
        this.#wakeAll();
      },
      onObject,
    });
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
