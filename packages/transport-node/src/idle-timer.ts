/** Runs out when a wait for the network takes too long. Waits for the source or the consumer of a body do not count. */
export class IdleTimer {
  readonly #timeoutMs: number;
  readonly #expire: () => void;
  #timer: NodeJS.Timeout | undefined;
  #connected = false;
  #waiting = false;

  constructor(timeoutMs: number, expire: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#expire = expire;
  }

  /** There is a socket: before that a request only waits for its turn among the agent's others. */
  connect(): void {
    this.#connected = true;
    if (this.#waiting) this.wait();
  }

  /** The next move is the network's. Starts the time again. */
  wait(): void {
    this.#waiting = true;
    if (!this.#connected) return;
    if (this.#timer) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => {
      if (this.#waiting) this.#expire();
    }, this.#timeoutMs);
    this.#timer.unref();
  }

  /** The next move is ours. */
  pause(): void {
    this.#waiting = false;
  }

  /** For good. */
  stop(): void {
    this.#waiting = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#connected = false;
  }
}
