import type { Attempt } from '../contract/attempt.js';
import type { Ledger } from '../contract/ledger.js';
import { type Cover, type Tiling, tile } from '../ranges/tiling.js';

/** What is kept of an attempt while all are looked at: a large job has hundreds of thousands, and their tallies are long. */
export type CoveringAttempt = Cover &
  Pick<Attempt, 'from' | 'id' | 'isWorking' | 'updatedAt'> & {
    readonly listed: number;
    /** Whether it has counted something that was not done. */
    readonly hasFailures: boolean;
  };

/** What the attempts of a ledger cover of a source. */
export interface Coverage extends Tiling<CoveringAttempt> {
  /** All of them, those that are no tiles too. */
  readonly attempts: readonly CoveringAttempt[];
}

/** Looks at all attempts of a ledger. @throws as the ledger's calls */
export async function coverage(ledger: Pick<Ledger, 'attempts'>, lanes: number): Promise<Coverage> {
  const attempts: CoveringAttempt[] = [];
  for await (const attempt of ledger.attempts()) attempts.push(coverOf(attempt));
  return { attempts, ...tile(attempts, lanes) };
}

/** The part of an attempt that says what it covers. */
export function coverOf(attempt: Attempt): CoveringAttempt {
  const { id, lane, after, until, cursor, isDone, from, isWorking, updatedAt, tally } = attempt;
  const { listed, failed, stagedLeft } = tally;
  const hasFailures = failed + stagedLeft > 0;
  return { id, lane, after, until, cursor, isDone, from, isWorking, updatedAt, listed, hasFailures };
}
