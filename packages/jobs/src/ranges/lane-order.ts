import type { Job } from '../contract/job.js';
import type { KeyRange } from '../contract/key-range.js';

/**
 * The lane behind those of an inventory, a listing of what changed since it was made; undefined where the source has none.
 *
 * @param lanes - how many the source has
 */
export function changesLaneOf({ source }: Pick<Job, 'source'>, lanes: number): number | undefined {
  return source.kind === 'inventory' ? lanes - 1 : undefined;
}

/**
 * What is to be done now of all that is to be done. What changed since an inventory comes when the inventory is done: an
 * object that stands in both would be worked on from two sides at once.
 */
export function firstOf(
  job: Pick<Job, 'source'>,
  holes: readonly KeyRange[],
  lanes: number,
): readonly KeyRange[] {
  const named = holes.filter(({ lane }) => lane !== changesLaneOf(job, lanes));
  return named.length > 0 ? named : holes;
}
