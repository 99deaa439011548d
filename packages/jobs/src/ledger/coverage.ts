import type { Attempt } from '../contract/attempt.js';
import type { Ledger } from '../contract/ledger.js';
import { type Tiling, tile } from '../ranges/tiling.js';

/** What the attempts of a ledger cover of a source. @throws as the ledger's calls */
export async function coverage(ledger: Pick<Ledger, 'attempts'>, lanes: number): Promise<Tiling> {
  const attempts: Attempt[] = [];
  for await (const attempt of ledger.attempts()) attempts.push(attempt);
  return tile(attempts, lanes);
}
