import type { NamedKey } from './job.js';

/** What came of one object. Exactly one of the four. */
export type ObjectOutcome = {
  readonly key: string;
  /** The size of what is stored now, in bytes; 0 where nobody said. */
  readonly sizeBytes: number;
  /** What it is now: a format, `'plain'`, or `'unknown'` where its envelope cannot be read. */
  readonly format: string;
  /** The master keys that it names now. */
  readonly keys: readonly NamedKey[];
  /** Which program can have written it, where that was looked at. */
  readonly writer?: string | undefined;
} & (
  | { readonly kind: 'done'; readonly oldVersionsKeepTheOldKey?: boolean | undefined }
  /** Nothing to do, or nothing that the task does to such an object. */
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  /** It was listed, and is not there any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly next: string }
);

/** Why an object was left as it is, without that being a failure. */
export type SkipReason =
  /** It is as the task wants it. */
  | 'as-wanted'
  /** The filter leaves it out. */
  | 'filtered'
  /** It is not encrypted, and the task is about what is. */
  | 'plain'
  /** A folder of tools that show folders: empty, its key ends with a slash. */
  | 'folder-marker'
  /** It has no content of its own. */
  | 'symlink'
  /** It belongs to a job: its staged copies, its ledger. */
  | 'own';

/** A line about an object that is not done: what `failures` are made of, and what can be fed in again. */
export interface FailureRecord {
  readonly key: string;
  /** Where the source had it. */
  readonly position: string;
  /** Stable; that of the error, or one of this package. */
  readonly code: string;
  readonly message: string;
  /** What to do about it; stable words. */
  readonly next: string;
}
