import type { Attempt } from './attempt.js';
import type { Expectation } from './expectation.js';
import type { Job } from './job.js';
import type { FailureRecord } from './object-outcome.js';

/** What the people who run a job want of it. */
export type Wish = 'run' | 'pause' | 'cancel';

/**
 * What is done, outside of any queue: the truth about a job. It holds no key, no plaintext and no credential. Everything
 * that it reads is untrusted until it is parsed.
 *
 * Safe to use for several ranges at once. Every call may fail as the disk or the bucket does.
 */
export interface Ledger {
  readonly job: Job;
  /** Keeps an attempt, in the place of what it kept of the same attempt before. Resolves when it is safe. */
  write(attempt: Attempt): Promise<void>;
  /** The attempts at one range, or at all, each as it was kept last; in no order. Broken ones are left out. */
  attempts(range?: string): AsyncIterable<Attempt>;
  /** Keeps what was not done, of an attempt. Called before the attempt is written that counts it. */
  addFailures(attempt: string, failures: readonly FailureRecord[]): Promise<void>;
  /** The failures of an attempt, in the order in which they were added. A line may be there twice. */
  failures(attempt: string): AsyncIterable<FailureRecord>;
  /** `cancel` too for a run that is over. */
  readWish(): Promise<Wish>;
  writeWish(wish: Wish): Promise<void>;
  /** Begins the job anew, when it is complete and is to be done once more: what was done counts no more. */
  nextRun(): Promise<void>;
  /** How many objects this run is about, where somebody could say. */
  readExpectation(): Promise<Expectation | undefined>;
  writeExpectation(expectation: Expectation | undefined): Promise<void>;
  /** Keeps the report, in the place of an earlier one. */
  writeReport(report: unknown): Promise<void>;
  close(): Promise<void>;
}

/** A ledger that processes on many machines share. */
export interface SharedLedger extends Ledger {
  /**
   * Which run of the job this ledger reads and writes, from 1. It stays what it was when another process begins the next
   * one: who slept through that writes into a run that is over, and nobody reads it.
   */
  readonly run: number;
}
