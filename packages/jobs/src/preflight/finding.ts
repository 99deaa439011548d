/** How a look came out: nothing against the job, something to know, or a reason not to begin. */
export type Verdict = 'ok' | 'refused' | 'warning';

/** What was looked at. Stable names. */
export type FindingName =
  | 'archived'
  | 'description'
  | 'keys'
  | 'objects'
  | 'old-keys'
  | 'overwrite-rules'
  | 'probe'
  | 'redis'
  | 'replication'
  | 'retention'
  | 'storage-classes'
  | 'versioning';

/** One look before a job. */
export interface Finding {
  readonly name: FindingName;
  readonly verdict: Verdict;
  /** What was found, a sentence or more. */
  readonly what: string;
  /** What to do about it; for what is not ok. */
  readonly fix?: string | undefined;
}

export function ok(name: FindingName, what: string): Finding {
  return { name, verdict: 'ok', what };
}

export function warning(name: FindingName, what: string, fix: string): Finding {
  return { name, verdict: 'warning', what, fix };
}

export function refused(name: FindingName, what: string, fix: string): Finding {
  return { name, verdict: 'refused', what, fix };
}
