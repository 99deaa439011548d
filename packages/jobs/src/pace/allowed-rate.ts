/** As slow as it gets: a request in thirty seconds finds out whether the service is back. */
const slowest = 1 / 30;
/** One refusal among answers makes it no slower than this share of the most. */
const mildest = 1 / 200;
/** What is allowed at once after a pause, as a share of a second's requests. */
const burst = 1 / 50;
/** How much of the refused rate comes back in a second, below it. */
const recovery = 1 / 10;
/** By what the rate grows in a second above it. */
const growth = 1.5;

/**
 * How many requests a second a service takes, found out: half of what was sent after a refusal, a little more with each
 * second of answers (additive increase, multiplicative decrease, as TCP does it). Times are milliseconds of one clock that
 * never goes back.
 */
export class AllowedRate {
  readonly #most: number;
  #perSecond: number;
  /** The rate at which the service refused last. */
  #refusedAt: number | undefined;
  #cutAtMs = Number.NEGATIVE_INFINITY;
  #grownAtMs = 0;
  /** Whether something was answered since the rate was cut last. */
  #isAnswered = true;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  /** Requests that may be sent at once. */
  #saved = 1;
  #savedAtMs = 0;
  #second = { sinceMs: 0, sent: 0 };
  #lastSecond = 0;

  constructor(mostPerSecond: number) {
    this.#most = mostPerSecond;
    this.#perSecond = mostPerSecond;
  }

  /** Requests a second. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** How many requests were sent in a second of late. */
  sentPerSecond(nowMs: number): number {
    this.#turn(nowMs);
    const share = Math.min(1, (nowMs - this.#second.sinceMs) / 1000);
    return Math.max(this.#second.sent, this.#lastSecond * (1 - share) + this.#second.sent);
  }

  /** How long until the next request may be sent, in milliseconds; 0 for now. */
  waitMs(nowMs: number): number {
    if (nowMs < this.#pausedUntilMs) return this.#pausedUntilMs - nowMs;
    this.#save(nowMs);
    return this.#saved >= 1 ? 0 : ((1 - this.#saved) / this.#perSecond) * 1000;
  }

  noteSent(nowMs: number): void {
    this.#save(nowMs);
    this.#saved--;
    this.#turn(nowMs);
    this.#second.sent++;
  }

  /** @returns whether who waits may look again: it can have got faster */
  noteServed(nowMs: number): boolean {
    this.#isAnswered = true;
    if (this.#perSecond >= this.#most) return false;
    this.#save(nowMs);
    const seconds = Math.min(1, (nowMs - this.#grownAtMs) / 1000);
    this.#grownAtMs = nowMs;
    const before = this.#perSecond;
    if (before < 1) this.#perSecond = 1;
    else if (this.#refusedAt !== undefined && before < this.#refusedAt) {
      this.#perSecond += this.#refusedAt * recovery * seconds;
    } else this.#perSecond *= growth ** seconds;
    this.#perSecond = Math.min(this.#most, this.#perSecond);
    return before < 1;
  }

  /**
   * @param sentAtMs - when the request was sent that was refused: those that were sent before the rate was cut say nothing
   *   of the new one
   * @param pauseMs - what the service asks for
   */
  noteRefused(nowMs: number, sentAtMs: number, pauseMs = 0): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + Math.min(pauseMs, longestPauseMs));
    if (sentAtMs < this.#cutAtMs) return;
    this.#save(nowMs);
    const least = this.#isAnswered ? Math.min(this.#perSecond, this.#most * mildest) : slowest;
    const rate = Math.min(this.#perSecond, this.sentPerSecond(nowMs));
    this.#refusedAt = rate;
    this.#perSecond = Math.max(least, rate / 2);
    this.#isAnswered = false;
    this.#saved = Math.min(this.#saved, 0);
    this.#cutAtMs = nowMs;
    this.#grownAtMs = nowMs;
  }

  #save(nowMs: number): void {
    const room = Math.max(1, this.#perSecond * burst);
    const gained = (Math.max(0, nowMs - this.#savedAtMs) / 1000) * this.#perSecond;
    this.#saved = Math.min(room, this.#saved + gained);
    this.#savedAtMs = nowMs;
  }

  #turn(nowMs: number): void {
    const passedMs = nowMs - this.#second.sinceMs;
    if (passedMs < 1000) return;
    this.#lastSecond = passedMs < 2000 ? this.#second.sent : 0;
    this.#second = { sinceMs: nowMs, sent: 0 };
  }
}

const longestPauseMs = 60_000;
