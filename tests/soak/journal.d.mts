import type { RunEntry } from './summary.mjs';

export declare function openJournal(
  path: string,
  digest: string,
): Promise<{
  readonly reports: ReadonlyMap<number, RunEntry>;
  readonly isOfOtherCode: boolean;
  add(run: number, report: RunEntry): Promise<void>;
}>;
