import { onAbort, silenceError } from '@oss-envelope/core/adapter';

/** What the timers of Node and Bun have, and no others. */
interface HoldsProcess {
  ref(): unknown;
  unref(): unknown;
}

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
  #timer: (ReturnType<typeof setTimeout> & Partial<HoldsProcess>) | undefined;
  #isWaiting = false;
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
  wait<T>(promise: Promise<T>, graceMs = 0): Promise<T> {
    this.#graceMs = graceMs;
    this.resume();
    this.#isWaiting = true;
    // A body has a wait for each chunk: a timer that can stay does, and looks when it fires how long this one is.
    if (this.#timer !== undefined) this.#timer.ref?.();
    else if (!this.#failure) this.#arm(this.#idleTimeoutMs + graceMs);
    return this.#race(promise, () => {
      this.#isWaiting = false;
      // Nothing is waited for now, so it must not hold the process.
      if (graceMs > 0 || this.#timer?.unref === undefined) this.#disarm();
      else this.#timer.unref();
    });
  }

  /** Waits for what is not the network's doing, at most until the exchange fails. One wait at a time. */
  waitElsewhere<T>(promise: Promise<T>): Promise<T> {
    return this.#race(promise, () => {});
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

  /** A promise of its own: a race against one that lasts as long as the exchange would keep every chunk alive. */
  #race<T>(promise: Promise<T>, settled: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (this.#rejectWait === fail) this.#rejectWait = undefined;
        settled();
      };
      const fail = (error: unknown): void => {
        settle();
        reject(error);
      };
      // A late rejection of what nobody waits for any more is no news: the wait has settled then.
      promise.then((value) => {
        settle();
        resolve(value);
      }, fail);
      if (this.#failure) fail(this.#failure.error);
      else this.#rejectWait = fail;
    });
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => this.#checkIdle(), delayMs);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #checkIdle(): void {
    this.#timer = undefined;
    if (!this.#isWaiting) return;
    const limitMs = this.#idleTimeoutMs + this.#graceMs;
    const idleMs = this.#isPaused ? 0 : performance.now() - this.#movedAtMs;
    // Timers may fire a little early.
    if (idleMs < limitMs - 1) this.#arm(limitMs - idleMs);
    else this.fail(silenceError(limitMs));
  }
}
