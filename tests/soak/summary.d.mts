import type { RunReport } from './run-once.js';

/** A run in the journal. */
export type RunEntry = Omit<RunReport, 'code'> & { readonly fault: string };
export declare function summaryOf(
  reports: readonly RunEntry[],
  faults: readonly string[],
): {
  readonly rows: readonly (readonly string[])[];
  readonly total: {
    readonly runs: number;
    readonly wrong: number;
    readonly uploads: number;
    readonly files: number;
  };
};
