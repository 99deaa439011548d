import { isOssEnvelopeError } from '@oss-envelope/core';
import { isPassing, sleep as sleepFor } from '@oss-envelope/core/adapter';
import type { ObjectOutcome } from '../contract/object-outcome.js';
import type { SourceItem } from '../contract/object-source.js';
import { failureOf, type ObjectWork, workOnObject } from '../tasks/object-task.js';

/** How often an object fails while others succeed, before it counts as failed. */
const mostTries = 5;
const firstPauseMs = 500;
const longestPauseMs = 60_000;

const usualPatienceMs = 60 * 60 * 1000;

/** Waits for so many milliseconds, or until the signal aborts. */
export type Sleep = (delayMs: number, signal: AbortSignal | undefined) => Promise<unknown>;

/** How an outage is met. */
export interface WeatherOptions {
  /** How long nothing at all may succeed before a job stops and keeps what it has, in milliseconds; an hour by default. */
  readonly patienceMs?: number | undefined;
  /** How to wait. */
  readonly sleep?: Sleep | undefined;
  /** The clock by which patience ends, in milliseconds since 1970; that of this machine by default. */
  readonly now?: (() => number) | undefined;
}

/**
 * Tells a fault of one object from an outage. An object that fails while others succeed has failed; when nothing
 * succeeds, everything waits.
 */
export class Weather {
  readonly now: () => number;
  #lastSuccessAt: number;
  readonly #patienceMs: number;
  readonly #sleep: Sleep;

  /**
   * @param patienceMs - how long nothing may succeed before it is hopeless
   * @param sleep - how to wait
   * @param now - the clock, in milliseconds since 1970
   */
  constructor({ patienceMs = usualPatienceMs, sleep = sleepFor, now = Date.now }: WeatherOptions = {}) {
    this.now = now;
    this.#lastSuccessAt = now();
    this.#patienceMs = patienceMs;
    this.#sleep = sleep;
  }

  /** Waits before the next try, longer each time, up to a minute. @throws the signal's reason */
  async wait(tries: number, signal: AbortSignal | undefined): Promise<void> {
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
    try {
      await this.#sleep(pauseMs, signal);
    } finally {
      signal?.throwIfAborted();
    }
  }

  noteSuccess(): void {
    this.#lastSuccessAt = this.now();
  }

  /** Whether something succeeded since a moment, in milliseconds since 1970. */
  hasSucceededSince(at: number): boolean {
    return this.#lastSuccessAt > at;
  }

  /**
   * Whether nothing has succeeded for too long. A process that had nothing to do has not been patient yet.
   *
   * @param failingSince - when what is tried failed first, in milliseconds since 1970
   */
  isHopeless(failingSince: number): boolean {
    return this.now() - Math.max(this.#lastSuccessAt, failingSince) > this.#patienceMs;
  }
}

/**
 * Works on one object, again after what may pass. During an outage it waits; it never gives an object up because nothing
 * works.
 *
 * @throws what ends the work of this process, as {@link workOnObject} does; after an outage that is too long, its error
 */
export async function tryObject(
  work: ObjectWork,
  item: SourceItem,
  weather: Weather,
): Promise<ObjectOutcome> {
  const startedAt = weather.now();
  let failingSince: number | undefined;
  let lastFailedAt = startedAt;
  let triesBesideOthers = 0;
  for (let tries = 1; ; tries++) {
    try {
      const outcome = await workOnObject(work, item);
      const isToRepeat =
        outcome.kind === 'failed' && outcome.code === 'ERR_OBJECT_CHANGED' && tries < mostTries;
      if (isAnswered(outcome)) weather.noteSuccess();
      if (!isToRepeat) return outcome;
    } catch (error) {
      work.signal?.throwIfAborted();
      if (!isPassing(error)) throw error;
      // What others did before this one failed last says nothing of an outage that has begun since.
      if (weather.hasSucceededSince(isOfService(error) ? lastFailedAt : startedAt)) triesBesideOthers++;
      lastFailedAt = weather.now();
      if (triesBesideOthers >= mostTries) return failureOf(error, item.key, undefined, item);
      failingSince ??= lastFailedAt;
      if (weather.isHopeless(failingSince)) throw error;
    }
    await weather.wait(tries, work.signal);
  }
}

/** Whether an error is about a service, or the way to it, and not about what it was asked for. */
function isOfService(error: unknown): boolean {
  return !isOssEnvelopeError(error, 'ERR_SERVICE') || error.status === 429 || error.status === 503;
}

/** Whether a service was asked at all: of what the source's word alone leaves out nobody learns whether it answers. */
function isAnswered(outcome: ObjectOutcome): boolean {
  return outcome.kind !== 'skipped' || outcome.format !== 'unknown';
}
