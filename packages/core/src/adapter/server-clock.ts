/** The local clock, put right by what the server says. */
export class ServerClock {
  readonly #now: () => number;
  #offsetMs = 0;

  /** @param now - the local clock, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The server's time, as far as it is known. */
  date(): Date {
    return new Date(this.#now() + this.#offsetMs);
  }

  /**
   * Sets the clock by the server's.
   *
   * @returns whether that changed anything that matters
   */
  set(serverTimeMs: number): boolean {
    const offsetMs = serverTimeMs - this.#now();
    const isNews = Math.abs(offsetMs - this.#offsetMs) > 60_000;
    this.#offsetMs = offsetMs;
    return isNews;
  }
}
