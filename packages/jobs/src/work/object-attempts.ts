import { isPassing, sleep as sleepFor } from '@oss-envelope/core/adapter';
import type { ObjectOutcome } from '../contract/object-outcome.js';
import type { SourceItem } from '../contract/object-source.js';
import { failureOf, type ObjectWork, workOnObject } from '../tasks/object-task.js';

/** How often an object is tried while others succeed, before it counts as failed. */
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
}

/**
 * Tells a fault of one object from an outage. An object that fails while others succeed has failed; when nothing
 * succeeds, everything waits.
 */
export class Weather {
  #lastSuccessAt = Date.now();
  readonly #patienceMs: number;
  readonly #sleep: Sleep;

  /**
   * @param patienceMs - how long nothing may succeed before it is hopeless
   * @param sleep - how to wait
   */
  constructor({ patienceMs = usualPatienceMs, sleep = sleepFor }: WeatherOptions = {}) {
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
    this.#lastSuccessAt = Date.now();
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
    return Date.now() - Math.max(this.#lastSuccessAt, failingSince) > this.#patienceMs;
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
  const startedAt = Date.now();
  let failingSince: number | undefined;
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
      if (tries >= mostTries && weather.hasSucceededSince(startedAt)) {
        return failureOf(error, item.key, undefined, item);
      }
      failingSince ??= Date.now();
      if (weather.isHopeless(failingSince)) throw error;
    }
    await weather.wait(tries, work.signal);
  }
}

/** Whether a service was asked at all: of what the source's word alone leaves out nobody learns whether it answers. */
function isAnswered(outcome: ObjectOutcome): boolean {
  return outcome.kind !== 'skipped' || outcome.format !== 'unknown';
}
