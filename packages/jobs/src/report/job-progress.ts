import type { Attempt } from '../contract/attempt.js';
import type { Expectation } from '../contract/expectation.js';
import type { Job } from '../contract/job.js';
import { changesLaneOf } from '../ranges/lane-order.js';

/** How a job goes, as its ledger shows it: what processes have under way is not in it yet. */
export interface JobProgress {
  /** How many objects were seen, of those that are expected: what changed since an inventory is not among them. */
  readonly seen: number;
  /** Undefined where nobody knows how many there are. */
  readonly expected: Expectation | undefined;
  /** Objects a second of late, by all processes together. */
  readonly perSecond: number;
  /** When a process wrote last that it goes on, by its own clock; undefined before the first. */
  readonly lastSignAt: Date | undefined;
  /** Undefined where nobody knows: the total is not known or was passed, or nobody works. */
  readonly secondsLeft: number | undefined;
}

/** The time before the last sign of work by which the rate is told. */
const windowMs = 10 * 60 * 1000;

/**
 * How a job goes.
 *
 * @param tiles - attempts that follow each other: see `tile`
 * @param attempts - all attempts, by which the rate is told
 * @param lanes - of the source
 */
export function progressOf({
  job,
  tiles,
  attempts,
  lanes,
  expected,
}: {
  readonly job: Pick<Job, 'source'>;
  readonly tiles: Iterable<Pick<Attempt, 'lane' | 'tally'>>;
  readonly attempts: Iterable<Pick<Attempt, 'startedAt' | 'takenOver' | 'tally' | 'updatedAt'>>;
  readonly lanes: number;
  readonly expected: Expectation | undefined;
}): JobProgress {
  const changesLane = changesLaneOf(job, lanes);
  let seen = 0;
  for (const { lane, tally } of tiles) if (lane !== changesLane) seen += tally.listed;
  const { perSecond, lastSignAt } = rateOf([...attempts]);
  const left = expected === undefined ? undefined : expected.objects - seen;
  const isKnown = left !== undefined && left >= 0 && (perSecond > 0 || left === 0);
  return {
    seen,
    expected,
    perSecond,
    lastSignAt,
    secondsLeft: isKnown ? left / (perSecond || 1) : undefined,
  };
}

function rateOf(
  attempts: readonly Pick<Attempt, 'startedAt' | 'takenOver' | 'tally' | 'updatedAt'>[],
): Pick<JobProgress, 'lastSignAt' | 'perSecond'> {
  if (attempts.length === 0) return { perSecond: 0, lastSignAt: undefined };
  let [lastMs, firstMs] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { startedAt, updatedAt } of attempts) {
    lastMs = Math.max(lastMs, Date.parse(updatedAt));
    firstMs = Math.min(firstMs, Date.parse(startedAt));
  }
  const fromMs = Math.max(firstMs, lastMs - windowMs);
  let objects = 0;
  for (const { startedAt, updatedAt, takenOver, tally } of attempts) {
    const [startMs, endMs] = [Date.parse(startedAt), Date.parse(updatedAt)];
    // Of an attempt that began before, as much as of its time.
    const share = startMs >= fromMs ? 1 : Math.max(0, endMs - fromMs) / Math.max(1, endMs - startMs);
    objects += Math.max(0, tally.listed - takenOver) * share;
  }
  const seconds = (lastMs - fromMs) / 1000;
  return { perSecond: seconds > 0 ? objects / seconds : 0, lastSignAt: new Date(lastMs) };
}
