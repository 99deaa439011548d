import type { Attempt } from '../contract/attempt.js';
import type { Expectation } from '../contract/expectation.js';
import { assertJob, type Job } from '../contract/job.js';
import type { Ledger, Wish } from '../contract/ledger.js';
import type { FailureRecord } from '../contract/object-outcome.js';

/** A ledger that nothing outlives: for dry runs, which must leave no word that something is done, and for tests. */
export function memoryLedger(job: Job): Ledger & { readonly report: unknown } {
  assertJob(job);
  const attempts = new Map<string, Attempt>();
  const failures = new Map<string, FailureRecord[]>();
  let wish: Wish = 'run';
  let expectation: Expectation | undefined;
  let report: unknown;
  return {
    job,
    get report() {
      return report;
    },
    async write(attempt) {
      attempts.set(attempt.id, structuredClone(attempt));
    },
    async *attempts(range) {
      for (const attempt of [...attempts.values()]) {
        if (range === undefined || attempt.range === range) yield attempt;
      }
    },
    async addFailures(attempt, more) {
      failures.set(attempt, [...(failures.get(attempt) ?? []), ...more]);
    },
    async *failures(attempt) {
      yield* failures.get(attempt) ?? [];
    },
    readWish: async () => wish,
    async writeWish(wanted) {
      wish = wanted;
    },
    async nextRun() {
      attempts.clear();
      failures.clear();
    },
    readExpectation: async () => expectation,
    async writeExpectation(expected) {
      expectation = expected;
    },
    async writeReport(made) {
      report = made;
    },
    close: async () => {},
  };
}
