import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError, TransportError } from '@oss-envelope/core';

/** How failed requests are repeated. */
export interface RetryOptions {
  /** How many times at most; 0 or more. */
  readonly retries: number;
  /** Waits for that many milliseconds. May reject when the signal aborts. */
  readonly sleep: (delayMs: number, signal: AbortSignal | undefined) => Promise<unknown>;
  /** A number of 0 to 1, exclusive. */
  readonly random: () => number;
}

/** Waits by the system's clock. */
export const sleepByClock: RetryOptions['sleep'] = (delayMs, signal) => delay(delayMs, undefined, { signal });

/**
 * When a request may be sent again: `always`, if it has the same effect twice; `unserved`, only after an answer that
 * says that it was not served (429 and 503); or `never`.
 */
export type Repeatability = 'always' | 'unserved' | 'never';

const firstDelayMs = 200;
const maxDelayMs = 5_000;

/**
 * Makes attempts until one succeeds, is not to be repeated, or was the last. Waits between them at random, up to a
 * bound that doubles ("full jitter").
 *
 * @param attempt gets its number, from 0
 * @throws what the last attempt threw, or the signal's reason
 */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  repeatability: Repeatability,
  { retries, sleep, random }: RetryOptions,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let number = 0; ; number++) {
    try {
      return await attempt(number);
    } catch (error) {
      if (number >= retries || !mayRepeat(error, repeatability)) throw error;
    }
    try {
      await sleep(random() * Math.min(maxDelayMs, firstDelayMs * 2 ** number), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
    signal?.throwIfAborted();
  }
}

function mayRepeat(error: unknown, repeatability: Repeatability): boolean {
  if (repeatability === 'never') return false;
  if (error instanceof ServiceError) {
    return repeatability === 'always' ? error.retryable : error.status === 429 || error.status === 503;
  }
  return repeatability === 'always' && error instanceof TransportError && error.retryable;
}
