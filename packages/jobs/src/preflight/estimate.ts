import type { Job } from '../contract/job.js';

/** What a job will ask of OSS and of KMS. Counts are those of objects that need the work; the others need one look each. */
export interface Estimate {
  /** Undefined where nobody knows before the end. */
  readonly objects: number | undefined;
  /** Requests for each object, by the price class that OSS has them in; lists are PUT-type. */
  readonly perObject: { readonly put: number; readonly get: number; readonly kms: number };
  /** All of them, with a LIST for each thousand objects where the source is a listing. */
  readonly requests: { readonly put: number; readonly get: number; readonly kms: number } | undefined;
  /** How long all of it takes at the rates that were given, in seconds: the slowest of the services decides. */
  readonly seconds: number | undefined;
}

/** What the rates are: how many requests may be made a second. */
export interface Rates {
  readonly ossPerSecond: number;
  readonly kmsPerSecond: number;
}

/** Rates that OSS and KMS grant at least (OSS "Limits", keys in order; KMS "Performance data", shared gateway). */
export const usualRates: Rates = { ossPerSecond: 2000, kmsPerSecond: 1000 };

/**
 * What a job costs in requests, as a small bucket shows it: parts of large objects come on top.
 *
 * @param usesKms - whether a key of the job or of its objects is in KMS
 */
export function estimateOf(
  job: Pick<Job, 'acl' | 'grade' | 'source' | 'task'>,
  {
    objects,
    usesKms,
    rates = usualRates,
  }: {
    readonly objects: number | undefined;
    readonly usesKms: boolean;
    readonly rates?: Rates | undefined;
  },
): Estimate {
  const { put, get } = requestsPerObject(job);
  // One call to open, one to wrap; wrapping keys that many objects share need fewer.
  const calls = { report: 0, encrypt: 1, verify: 1, reencrypt: 2, rewrap: 2 }[job.task];
  const perObject = { put, get, kms: usesKms ? calls : 0 };
  if (objects === undefined) return { objects, perObject, requests: undefined, seconds: undefined };
  const lists = job.source.kind === 'listing' ? Math.ceil(objects / 1000) : 0;
  const requests = {
    put: objects * put + lists,
    get: objects * get,
    kms: objects * perObject.kms,
  };
  const seconds = Math.max(
    (requests.put + requests.get) / rates.ossPerSecond,
    requests.kms / rates.kmsPerSecond,
  );
  return { objects, perObject, requests, seconds };
}

interface Requests {
  readonly put: number;
  readonly get: number;
  /** Besides: one for each time that an ACL is asked for, since the job does not say which one objects have. */
  readonly acls: number;
}

// A test compares these with what a job really asks for. Objects with tags need a few more, and large ones their parts.
const ofRewrap: Requests = { put: 1, get: 3, acls: 1 };
const ofGrade: Readonly<Record<Job['grade'], Requests>> = {
  direct: { put: 1, get: 3, acls: 1 },
  stage: { put: 4, get: 7, acls: 3 },
  versions: { put: 1, get: 4, acls: 1 },
};

function requestsPerObject({ acl, grade, task }: Pick<Job, 'acl' | 'grade' | 'task'>): {
  readonly put: number;
  readonly get: number;
} {
  if (task === 'report') return { put: 0, get: 1 };
  if (task === 'verify') return { put: 0, get: 2 };
  const { put, get, acls } = task === 'rewrap' ? ofRewrap : ofGrade[grade];
  return { put, get: get + (acl === undefined ? acls : 0) };
}
