import { isOssEnvelopeError, type RetryPolicy } from '@oss-envelope/core';
import { isPassing, onAbort, type Repeatability, retryPolicy, withRetries } from '@oss-envelope/core/adapter';
import { AllowedRate } from './allowed-rate.js';
import type { RequestLimit } from './request-limit.js';

/** How a call is made at a pace. */
export interface PacedCall {
  /** How many requests it sends. */
  readonly requests: number;
  readonly repeatable: Repeatability;
  readonly signal: AbortSignal | undefined;
}

/** A bundle of leaves lasts for about a tenth of a second. */
const bundlesPerSecond = 10;
/** Leave that is older counts for a second that is over. */
const leaveLastsMs = 1000;
/** Who was refused together must not ask again together. */
const spreadMs = 20;
/** More than what a client does alone: this many calls wait for each other, and none of them gives an object up. */
const retries = 6;

interface Waiting {
  readonly requests: number;
  readonly go: (nowMs: number) => void;
}

/**
 * Lets calls to one service through so fast as a limit allows that is shared, and as the service takes them: after 429,
 * 503 and their like it sends half as many, and more again while they are answered. What was refused is sent again.
 *
 * Safe to use for any number of calls at once.
 */
export class Pace {
  readonly #limit: RequestLimit;
  readonly #rate: AllowedRate;
  readonly #waiting: Waiting[] = [];
  readonly #policy: RetryPolicy;
  #leave = 0;
  #leaveSinceMs = 0;
  #isLetting = false;
  #wake: (() => void) | undefined;

  constructor(limit: RequestLimit) {
    this.#limit = limit;
    this.#rate = new AllowedRate(limit.perSecond);
    this.#policy = retryPolicy({ retries });
  }

  /** How often and after which pauses a call is made again. */
  get retry(): RetryPolicy {
    return this.#policy;
  }

  /** Requests a second that this process may send now, were it alone. */
  get perSecond(): number {
    return this.#rate.perSecond;
  }

  /**
   * Makes a call when it may, again where that helps.
   *
   * @throws what the last try threw, or the signal's reason
   */
  run<T>(work: () => Promise<T>, { requests, repeatable, signal }: PacedCall): Promise<T> {
    return withRetries(
      async () => {
        const sentAtMs = await this.#turn(requests, signal);
        try {
          const result = await work();
          this.#noteAnswer();
          return result;
        } catch (error) {
          if (isRefusal(error)) {
            this.#rate.noteRefused(performance.now(), sentAtMs, error.retryAfterMs);
          } else if (!isPassing(error) && isOssEnvelopeError(error, 'ERR_SERVICE')) this.#noteAnswer();
          throw error;
        }
      },
      { repeatable, policy: this.#policy, signal },
    );
  }

  #noteAnswer(): void {
    if (this.#rate.noteServed(performance.now())) this.#wake?.();
  }

  /** Waits until so many requests may be sent; resolves to the moment. */
  #turn(requests: number, signal: AbortSignal | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      let stop = (): void => {};
      const waiting: Waiting = {
        requests,
        go: (nowMs) => {
          stop();
          resolve(nowMs);
        },
      };
      if (signal !== undefined) {
        stop = onAbort(signal, () => {
          const index = this.#waiting.indexOf(waiting);
          if (index >= 0) this.#waiting.splice(index, 1);
          reject(signal.reason);
          if (this.#waiting.length === 0) this.#wake?.();
        });
      }
      this.#waiting.push(waiting);
      void this.#let();
    });
  }

  /** Lets through who waits, in turn. Runs once, as long as somebody waits. */
  async #let(): Promise<void> {
    if (this.#isLetting) return;
    this.#isLetting = true;
    try {
      for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
        const nowMs = performance.now();
        const waitMs = this.#rate.waitMs(nowMs);
        if (waitMs > 0) {
          await this.#sleep(waitMs);
          continue;
        }
        if (nowMs - this.#leaveSinceMs > leaveLastsMs) this.#leave = 0;
        if (this.#leave < 1) {
          await this.#askLeave(nowMs);
          continue;
        }
        // A call of several requests goes as a whole, and the next one waits for the rest.
        this.#leave -= first.requests;
        for (let sent = 0; sent < first.requests; sent++) this.#rate.noteSent(nowMs);
        this.#waiting.shift();
        first.go(nowMs);
      }
    } finally {
      this.#isLetting = false;
    }
  }

  async #askLeave(nowMs: number): Promise<void> {
    const { perSecond } = this.#limit;
    const wanted = Math.max(this.#waiting.length, this.#rate.sentPerSecond(nowMs) / bundlesPerSecond);
    const most = Math.max(1, Math.floor(perSecond / bundlesPerSecond));
    const { granted, waitMs } = await this.#limit.take(Math.min(most, Math.ceil(wanted)) - this.#leave);
    if (granted > 0) {
      this.#leave += granted;
      this.#leaveSinceMs = performance.now();
      return;
    }
    await this.#sleep(waitMs + Math.random() * spreadMs);
  }

  /** Ends early when it can have got faster, or nobody waits any more. */
  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.ceil(delayMs));
      const self = this;
      function done(): void {
        clearTimeout(timer);
        self.#wake = undefined;
        resolve();
      }
      this.#wake = done;
    });
  }
}

/** Codes that say so where the status is another one, as KMS has some in a 400. */
const refusingCodes = /Throttling|QpsLimit|RateLimit|RequestLimit|ServiceUnavailable/;

/** Whether a service says that it gets too much, or cannot serve now. */
function isRefusal(error: unknown): error is Error & { readonly retryAfterMs: number | undefined } {
  if (!isOssEnvelopeError(error, 'ERR_SERVICE')) return false;
  if (error.status === 429 || error.status === 503) return true;
  return error.retryable && refusingCodes.test(error.serviceCode ?? '');
}
