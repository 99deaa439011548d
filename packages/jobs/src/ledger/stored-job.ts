import { isDeepStrictEqual } from 'node:util';
import type { Job } from '../contract/job.js';

// What both ledgers say of the documents that they keep.

/** The same but for when it was made: the same job, started again. */
export function isSameJob({ createdAt: _, ...a }: Job, { createdAt: __, ...b }: Job): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

/** What a stored text is; undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
