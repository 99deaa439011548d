import { randomBytes } from 'node:crypto';
import { isOssEnvelopeError, TransportError } from '@oss-envelope/core';
import { compareUtf8, isPassing } from '@oss-envelope/core/adapter';
import type { Attempt } from '../contract/attempt.js';
import type { Job } from '../contract/job.js';
import { type KeyRange, rangeId } from '../contract/key-range.js';
import type { Ledger } from '../contract/ledger.js';
import type { FailureRecord, ObjectOutcome } from '../contract/object-outcome.js';
import type { ObjectSource, SourceItem, SourcePage } from '../contract/object-source.js';
import { countOutcome, emptyTally, type Tally } from '../contract/tally.js';
import { failureCodeOf, nextStepOfCode } from '../tasks/failures.js';
import type { JobTools } from '../tasks/job-tools.js';
import { tryObject, Weather } from './object-attempts.js';
import { type PageSlice, slicesOf } from './page-slices.js';
import { Turns } from './turns.js';

/** After how many deaths of a process at one object it is set apart. */
export const mostDeaths = 3;
/** So many objects are done again at most when a process dies, and feared by who does them. */
const sliceLength = 100;

/** One range, and what it is worked on with. */
export interface RangeWork {
  readonly job: Job;
  readonly range: KeyRange;
  readonly source: ObjectSource;
  readonly ledger: Ledger;
  readonly tools: JobTools;
  /** Names this process in the ledger, such as its host and number. */
  readonly worker: string;
  readonly signal: AbortSignal;
  /** How many objects may be under way at once in this range. */
  readonly concurrency: number;
  readonly isDryRun?: boolean | undefined;
  /** Shared by the ranges of one process. */
  readonly weather?: Weather | undefined;
  /**
   * Shared by the ranges of one process, which do what is feared one after another: when it dies, one object of one range is
   * to blame, and not those that happened to be under way in the others.
   */
  readonly turns?: Turns | undefined;
  /** Asked now and then: whether the rest should be cut in two, for others to take a half. */
  readonly shouldSplit?: (() => boolean) | undefined;
  /** Told of the upper half, once the ledger has the lower one. */
  readonly onSplit?: ((range: KeyRange) => Promise<void>) | undefined;
  /** Told of each object. */
  readonly onObject?: ((outcome: ObjectOutcome) => void) | undefined;
}

/** How a range ended. */
export type RangeResult = 'done' | 'paused' | 'cancelled';

/**
 * Works on a range, page by page, from where the ledger says that earlier attempts ended. What is done is in the ledger
 * after each slice of a page, so who goes on for a process that died does one slice again, in which what is done is seen to
 * be done. Each object of that slice is written down before it is touched; one at which processes die three times is set
 * apart.
 *
 * @throws what ends the work of this process: an abort, refused credentials, a full disk. The ledger has what was done
 */
export async function workOnRange(work: RangeWork): Promise<RangeResult> {
  const run = await RangeRun.open(work);
  return run.run();
}

class RangeRun {
  readonly #work: RangeWork;
  readonly #weather: Weather;
  readonly #turns: Turns;
  readonly #id = randomBytes(12).toString('hex');
  readonly #number: number;
  readonly #startedAt = new Date().toISOString();
  readonly #takenOver: number;
  readonly #from: Attempt['from'];
  readonly #deaths: Map<string, number>;
  readonly #tally: Tally;
  #cursor: string;
  #until: string | undefined;
  /** Whether the next slice is done one by one, since a process died in it. */
  #isCareful: boolean;
  #trying: string | null = null;
  /** Staged copies of this slice that could not be deleted, each with what to say of it. */
  readonly #stagedLeft = new Map<string, FailureRecord>();
  #isDone = false;

  private constructor(work: RangeWork, before: Attempt | undefined, number: number) {
    this.#work = work;
    this.#number = number;
    this.#weather = work.weather ?? new Weather();
    this.#turns = work.turns ?? new Turns();
    const { range } = work;
    this.#cursor = before?.cursor ?? range.after;
    // A range that was cut stays cut: the other half is a range of its own.
    this.#until = before === undefined ? range.until : lower(range.until, before.until ?? undefined);
    this.#tally = before === undefined ? emptyTally() : structuredClone(before.tally);
    this.#takenOver = this.#tally.listed;
    this.#from = before === undefined ? [] : chainOf(before);
    this.#deaths = new Map(before?.deaths.map(({ key, times }) => [key, times]));
    this.#isCareful = before?.isWorking === true;
    if (before?.trying != null) this.#deaths.set(before.trying, (this.#deaths.get(before.trying) ?? 0) + 1);
  }

  static async open(work: RangeWork): Promise<RangeRun> {
    let best: Attempt | undefined;
    let last = 0;
    for await (const attempt of work.ledger.attempts(rangeId(work.range))) {
      if (attempt.lane !== work.range.lane || attempt.after !== work.range.after) continue;
      // Who went on from an end that lies not behind the start would be done at once, and the range never.
      if (attempt.until !== null && compareUtf8(attempt.until, attempt.after) <= 0) continue;
      last = Math.max(last, attempt.number);
      if (best === undefined || isFurther(attempt, best)) best = attempt;
    }
    const run = new RangeRun(work, best, last + 1);
    if (best?.isDone && run.#covers(best)) run.#isDone = true;
    return run;
  }

  /** Whether all of the range is done by an attempt; the range may be longer than that attempt's was. */
  #covers({ until }: Attempt): boolean {
    const { range } = this.#work;
    return until === null || (range.until !== undefined && compareUtf8(until, range.until) >= 0);
  }

  async run(): Promise<RangeResult> {
    if (this.#isDone) return 'done';
    try {
      return await this.#pagesToEnd();
    } catch (error) {
      // It did not die: whoever goes on need not fear the next object. The error is what matters.
      this.#trying = null;
      await this.#save(false).catch(() => {});
      throw error;
    }
  }

  async #pagesToEnd(): Promise<RangeResult> {
    for (let isFirst = true; ; isFirst = false) {
      const wish = await this.#wish();
      if (wish !== 'run') {
        // Who has done nothing has nothing to say: a job may be paused for days, and its ranges be looked at all the time.
        if (!isFirst) await this.#save(false);
        return wish;
      }
      // The first word of an attempt: a process that dies in the first page has been seen.
      if (isFirst) await this.#save();
      const page = await this.#page();
      const ending = await this.#workOnPage(page);
      if (ending !== undefined) return ending;
    }
  }

  async #wish(): Promise<Exclude<RangeResult, 'done'> | 'run'> {
    this.#work.signal.throwIfAborted();
    const wish = await this.#work.ledger.readWish();
    return wish === 'run' ? 'run' : wish === 'pause' ? 'paused' : 'cancelled';
  }

  /** @returns how the range ended, where it did */
  async #workOnPage(page: SourcePage): Promise<RangeResult | undefined> {
    const slices = slicesOf(page, sliceLength);
    for (const [index, slice] of slices.entries()) {
      if (index > 0) {
        const wish = await this.#wish();
        if (wish !== 'run') {
          await this.#save(false);
          return wish;
        }
      }
      await this.#workOnSlice(slice);
      this.#isCareful = false;
      if (slice.end !== undefined) this.#cursor = slice.end;
      else if (!page.isLast)
        throw new TransportError('The source gave a page without an end.', { retryable: false });
      const isLastSlice = index === slices.length - 1;
      if (isLastSlice && page.isLast) return this.#end();
      await this.#save();
      // What is little is done sooner than it is cut.
      if (index < slices.length - 2 || !page.isLast) await this.#splitIfAsked();
      const next = slices[index + 1];
      // What was cut off with the other half; a slice that holds the place of the cut is left to the next page.
      if (next?.end !== undefined && this.#until !== undefined && compareUtf8(next.end, this.#until) > 0)
        return;
    }
    return undefined;
  }

  async #end(): Promise<'done'> {
    this.#isDone = true;
    await this.#save();
    return 'done';
  }

  /** The next page, again after what may pass. */
  async #page(): Promise<SourcePage> {
    const { source, signal } = this.#work;
    let failingSince: number | undefined;
    for (let tries = 1; ; tries++) {
      try {
        const page = await source.page(this.#range(), this.#cursor, signal);
        this.#weather.noteSuccess();
        return page;
      } catch (error) {
        signal.throwIfAborted();
        failingSince ??= this.#weather.now();
        if (!isPassing(error) || this.#weather.isHopeless(failingSince)) throw error;
        await this.#weather.wait(tries, signal);
      }
    }
  }

  async #workOnSlice({ items, broken }: PageSlice): Promise<void> {
    const failures: FailureRecord[] = broken.map(({ position, message }) => ({
      key: '',
      position,
      code: 'ERR_SOURCE_ROW',
      message,
      next: 'look',
    }));
    // Counted apart, so that a slice which is broken off is counted once: when it is done again.
    const outcomes: ObjectOutcome[] = [];
    const take = (item: SourceItem, outcome: ObjectOutcome): void => {
      outcomes.push(outcome);
      this.#work.onObject?.(outcome);
      if (outcome.kind !== 'failed') return;
      const { key, code, message, next } = outcome;
      failures.push({ key, position: item.position, code, message, next });
    };
    if (this.#isCareful) await this.#turns.take(() => this.#oneByOne(items, take), this.#work.signal);
    else await this.#together(items, take);
    const left = [...this.#stagedLeft.values()];
    this.#stagedLeft.clear();
    failures.push(...left);
    if (failures.length > 0) await this.#work.ledger.addFailures(this.#id, failures);
    for (const { position, message } of broken) {
      countOutcome(this.#tally, brokenRow(position, message));
    }
    for (const outcome of outcomes) countOutcome(this.#tally, outcome);
    this.#tally.stagedLeft += left.length;
  }

  async #together(items: readonly SourceItem[], take: Take): Promise<void> {
    const { concurrency, signal } = this.#work;
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    let next = 0;
    const worker = async (): Promise<void> => {
      for (;;) {
        const item = items[next++];
        if (item === undefined) return;
        both.throwIfAborted();
        take(item, await this.#try(item, both));
      }
    };
    const all = Array.from({ length: Math.min(concurrency, items.length) }, worker);
    try {
      await Promise.all(all);
    } catch (error) {
      // The others end too, and nothing is under way any more when this range is given up.
      stop.abort(error);
      await Promise.allSettled(all);
      throw error;
    }
  }

  async #oneByOne(items: readonly SourceItem[], take: Take): Promise<void> {
    for (const item of items) {
      this.#work.signal.throwIfAborted();
      if ((this.#deaths.get(item.key) ?? 0) >= mostDeaths) {
        if ((await this.#deathsAt(item.key)) >= mostDeaths) {
          take(item, setApart(item));
          continue;
        }
        this.#deaths.delete(item.key);
      }
      this.#trying = item.key;
      await this.#save();
      take(item, await this.#try(item, this.#work.signal));
    }
    // Whoever comes next need not fear this slice. Written before another range of this process has its turn.
    this.#trying = null;
    this.#deaths.clear();
    await this.#save();
  }

  /**
   * How many attempts at this range ended at a key without a last word. A process that only slept, and lost its lock, was
   * taken for dead: since then it has let go.
   */
  async #deathsAt(key: string): Promise<number> {
    const { ledger, range } = this.#work;
    let deaths = 0;
    for await (const attempt of ledger.attempts(rangeId(range))) {
      if (attempt.id !== this.#id && attempt.isWorking && attempt.trying === key) deaths++;
    }
    return deaths;
  }

  #try(item: SourceItem, signal: AbortSignal): Promise<ObjectOutcome> {
    const { job, tools, isDryRun } = this.#work;
    const onStaged = (key: string, failure: unknown): void => {
      // Staged again in the same place, it may be deleted after all.
      if (failure === undefined) this.#stagedLeft.delete(key);
      else this.#stagedLeft.set(key, stagedLeft(key, item, failure));
    };
    return tryObject({ job, tools, isDryRun, signal, onStaged }, item, this.#weather);
  }

  async #splitIfAsked(): Promise<void> {
    const { source, shouldSplit, onSplit, signal } = this.#work;
    if (source.middle === undefined || onSplit === undefined || !shouldSplit?.()) return;
    const middle = await source.middle(this.#range(), this.#cursor, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      // Not to cut is no failure.
      if (isPassing(error)) return undefined;
      throw error;
    });
    if (middle === undefined) return;
    const upper: KeyRange = { lane: this.#work.range.lane, after: middle, until: this.#until };
    this.#until = middle;
    // The ledger first: a half that nobody is told of is a hole, which is found at the end. Told first, it would be done twice.
    await this.#save();
    await onSplit(upper);
  }

  #range(): KeyRange {
    const { lane, after } = this.#work.range;
    return { lane, after, until: this.#until };
  }

  async #save(isWorking: boolean = !this.#isDone): Promise<void> {
    const { range, ledger, worker } = this.#work;
    await ledger.write({
      version: 1,
      id: this.#id,
      number: this.#number,
      range: rangeId(range),
      lane: range.lane,
      after: range.after,
      until: this.#until ?? null,
      cursor: this.#cursor,
      isDone: this.#isDone,
      isWorking,
      tally: structuredClone(this.#tally),
      takenOver: this.#takenOver,
      from: this.#from,
      trying: this.#trying,
      deaths: [...this.#deaths].slice(0, 1000).map(([key, times]) => ({ key, times })),
      worker,
      startedAt: this.#startedAt,
      updatedAt: new Date().toISOString(),
    });
  }
}

/** The attempts that one goes on from which goes on from `before`. One that got no further has no failures that count. */
function chainOf({ id, after, cursor, from }: Attempt): Attempt['from'] {
  const isFurtherThanItsStart = cursor !== (from.at(-1)?.upTo ?? after);
  return isFurtherThanItsStart ? [...from.slice(-999), { attempt: id, upTo: cursor }] : from;
}

type Take = (item: SourceItem, outcome: ObjectOutcome) => void;

/** Of two attempts at one range: whether the first got further. Where none did, the later one knows more of deaths. */
function isFurther(a: Attempt, b: Attempt): boolean {
  if (a.isDone !== b.isDone) return a.isDone;
  const order = compareUtf8(a.cursor, b.cursor);
  if (order !== 0) return order > 0;
  return a.number !== b.number ? a.number > b.number : a.updatedAt >= b.updatedAt;
}

function lower(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareUtf8(a, b) <= 0 ? a : b;
}

function setApart({ key, sizeBytes = 0 }: SourceItem): ObjectOutcome {
  return {
    key,
    sizeBytes,
    format: 'unknown',
    keys: [],
    kind: 'failed',
    code: 'ERR_SET_APART',
    message: `${mostDeaths} processes died while they worked on it, so it was set apart. Look at it, and run the job again for it.`,
    next: 'look',
  };
}

function stagedLeft(key: string, { key: of, position }: SourceItem, failure: unknown): FailureRecord {
  const why = isOssEnvelopeError(failure) ? failureCodeOf(failure) : 'ERR_OTHER';
  return {
    key,
    position,
    code: 'ERR_STAGED_LEFT',
    message: `The staged copy of ${JSON.stringify(of)} could not be deleted (${why}). Delete it, and all of its versions.`,
    next: nextStepOfCode('ERR_STAGED_LEFT'),
  };
}

function brokenRow(position: string, message: string): ObjectOutcome {
  return {
    key: position,
    sizeBytes: 0,
    format: 'unknown',
    keys: [],
    kind: 'failed',
    code: 'ERR_SOURCE_ROW',
    message,
    next: 'look',
  };
}
