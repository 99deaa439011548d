// What a bench tries against a peer, one thing after another, and what came of it.

/** Counts what was tried, and keeps what was not as expected. */
export class Attempts {
  transfers = 0;
  problems = [];

  /** Tries one thing. What it throws becomes a problem, under the name of `what`. */
  async try(what, task) {
    this.transfers++;
    try {
      await task();
    } catch (error) {
      this.problems.push(`${what}: ${error.message}`);
    }
  }
}
