/** Counts how often a fault strikes: after `skip` requests that pass unharmed, `times` requests. */
export class StrikeCount {
  #skip: number;
  /** Requests that it may still strike. */
  remaining: number;
  /** Requests that it has struck. */
  hits = 0;

  /**
   * @param times How many requests it strikes; `Infinity` for all. Default 1.
   * @param skip How many matching requests pass first. Default 0.
   * @throws {RangeError} When one of them is not a whole number of requests.
   */
  constructor(times = 1, skip = 0) {
    if (!(times === Number.POSITIVE_INFINITY || Number.isSafeInteger(times)) || times < 1) {
      throw new RangeError('times must be a whole number of requests from 1, or Infinity');
    }
    if (!Number.isSafeInteger(skip) || skip < 0) {
      throw new RangeError('skip must be a whole number of requests from 0');
    }
    this.remaining = times;
    this.#skip = skip;
  }

  /** Counts a request that matches. True when the fault strikes it. */
  strike(): boolean {
    if (this.remaining <= 0) return false;
    if (this.#skip > 0) {
      this.#skip -= 1;
      return false;
    }
    this.remaining -= 1;
    this.hits += 1;
    return true;
  }
}
