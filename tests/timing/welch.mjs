// Welch's t-test of two classes of times: whether their means differ by more than chance explains.

/** Collects times of one class: count, mean and variance (Welford), and nothing else. */
export class Sample {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value) {
    this.count++;
    const difference = value - this.mean;
    this.mean += difference / this.count;
    this.#squares += difference * (value - this.mean);
  }

  get variance() {
    return this.#squares / (this.count - 1);
  }
}

/** @returns t: above 4.5 or below -4.5, chance explains it in fewer than one of 100,000 cases */
export function welchT(a, b) {
  return (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
}
