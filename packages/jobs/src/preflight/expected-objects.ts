import { isOssEnvelopeError, type ObjectTransport } from '@oss-envelope/core';
import type { Expectation } from '../contract/expectation.js';
import type { Job } from '../contract/job.js';
import type { ObjectSource } from '../contract/object-source.js';

/** Who can say how many objects there are. */
export interface ExpectationSources {
  readonly source: Pick<ObjectSource, 'count'>;
  /** Of the job's bucket. */
  readonly transport: Pick<ObjectTransport, 'bucketView'>;
  /** What people say, where they know better. */
  readonly given?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds out how many objects a job is about: a file of keys is counted, an inventory too (a large one in part), and of a
 * whole bucket OSS itself tells how many it had an hour ago. Of a part of a bucket nobody knows before it was listed: keys
 * lie in no known way over the space of names, so how far a listing is in that space says nothing.
 *
 * @returns undefined where nobody knows, or it is not told
 * @throws as the source's `count`; an abort
 */
export async function expectedObjects(
  { source: spec }: Pick<Job, 'source'>,
  { source, transport, given, signal }: ExpectationSources,
): Promise<Expectation | undefined> {
  if (given !== undefined) return { objects: given, isExact: false, by: 'given' };
  if (spec.kind !== 'listing') {
    const counted = await source.count?.(signal);
    return counted && { ...counted, by: spec.kind === 'keys' ? 'keys-file' : 'inventory' };
  }
  if (spec.prefix !== '' || transport.bucketView === undefined) return undefined;
  try {
    const { objectCount } = await transport.bucketView.statistics({ headers: {}, signal });
    return { objects: objectCount, isExact: false, by: 'bucket-statistics' };
  } catch (error) {
    signal?.throwIfAborted();
    // Refused, or away: a job needs no number to begin.
    if (isOssEnvelopeError(error)) return undefined;
    throw error;
  }
}
