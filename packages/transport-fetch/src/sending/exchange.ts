import { onAbort, silenceError } from '@oss-envelope/core/adapter';

/**
 * One request and its answer: the place where an abort, an idle time-out and a broken source meet. Whichever comes
 * first is the error that every wait in the exchange rejects with; and it cancels the fetch.
 */
export class Exchange {
  readonly #controller = new AbortController();
  readonly #idleTimeoutMs: number;
  readonly #endAbort: () => void;
  #failure: { readonly error: unknown } | undefined;
  #rejectWait: ((error: unknown) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #movedAtMs = 0;
  #graceMs = 0;
  #isPaused = false;
  #isAnswered = false;

  /**
   * @param signal - the caller's
   * @param idleTimeoutMs - how long the network may be silent while something is awaited from it
   */
  constructor(signal: AbortSignal | undefined, idleTimeoutMs: number) {
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#endAbort = signal ? onAbort(signal, () => this.fail(signal.reason)) : () => {};
    if (signal?.aborted) this.fail(signal.reason);
  }

  /** For `fetch`: aborted as soon as the exchange failed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the exchange. Only the first error counts. */
  fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.close();
    this.#rejectWait?.(error);
    this.#controller.abort(error);
  }

  /** Throws what the exchange failed with, if it did. */
  throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /**
   * Waits for the network, at most until the exchange fails. One wait at a time.
   *
   * @param graceMs - time that this wait gets on top, since nothing can be seen moving in it
   */
  async wait<T>(promise: Promise<T>, graceMs = 0): Promise<T> {
    this.#graceMs = graceMs;
    this.resume();
    const settled = this.#race(promise);
    if (!this.#failure) this.#arm(this.#idleTimeoutMs + graceMs);
    try {
      return await settled;
    } finally {
      this.#disarm();
    }
  }

  /** Waits for what is not the network's doing, at most until the exchange fails. One wait at a time. */
  async waitElsewhere<T>(promise: Promise<T>): Promise<T> {
    return this.#race(promise);
  }

  /** Bytes moved. */
  moved(): void {
    this.#movedAtMs = performance.now();
  }

  /** It is not the network that is waited for now, but the source of the body; {@link resume} ends it. */
  pause(): void {
    if (!this.#isAnswered) this.#isPaused = true;
  }

  /** The network is waited for again. */
  resume(): void {
    this.#isPaused = false;
    this.moved();
  }

  /** The answer has begun: from now on it does not matter whether the source of the request's body is slow. */
  answered(): void {
    this.#isAnswered = true;
    this.resume();
  }

  /** Lets go of the caller's signal and of the timer. What is under way is not stopped. */
  close(): void {
    this.#endAbort();
    this.#disarm();
  }

  async #race<T>(promise: Promise<T>): Promise<T> {
    // A late rejection of what nobody waits for any more is no news.
    promise.catch(() => {});
    this.throwIfFailed();
    const failed = new Promise<never>((_, reject) => {
      this.#rejectWait = reject;
    });
    try {
      return await Promise.race([promise, failed]);
    } finally {
      this.#rejectWait = undefined;
    }
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => this.#checkIdle(), delayMs);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #checkIdle(): void {
    const limitMs = this.#idleTimeoutMs + this.#graceMs;
    const idleMs = this.#isPaused ? 0 : performance.now() - this.#movedAtMs;
    // Timers may fire a little early.
    if (idleMs < limitMs - 1) this.#arm(limitMs - idleMs);
    else this.fail(silenceError(limitMs));
  }
}
