/** How far the server's clock may be from the local one and still be believed, in milliseconds: a day. */
const maxOffsetMs = 24 * 60 * 60 * 1000;

/** A correction that is smaller than this does not matter: OSS takes requests for 15 minutes, in milliseconds. */
const newsMs = 60_000;

/** The local clock, corrected by what the server says. The correction is bounded, so no answer can make it unusable. */
export class ServerClock {
  readonly #now: () => number;
  #offsetMs: number | undefined;

  /** @param now - the local clock, in milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** How far the server's clock is ahead of the local one, in milliseconds; undefined until the server was asked. */
  get offsetMs(): number | undefined {
    return this.#offsetMs;
  }

  /** The server's time, as far as it is known, in milliseconds. */
  nowMs(): number {
    return this.#now() + (this.#offsetMs ?? 0);
  }

  /**
   * Sets the clock by the server's, in milliseconds. A time that is more than a day away is not believed.
   *
   * @returns whether that changed anything that matters
   */
  set(serverTimeMs: number): boolean {
    const offsetMs = serverTimeMs - this.#now();
    if (!(Math.abs(offsetMs) <= maxOffsetMs)) return false;
    const isNews = Math.abs(offsetMs - (this.#offsetMs ?? 0)) > newsMs;
    this.#offsetMs = offsetMs;
    return isNews;
  }
}
