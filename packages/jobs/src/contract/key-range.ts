import { createHash } from 'node:crypto';

/**
 * A stretch of a source. Positions are keys in the order of their UTF-8 bytes, or numbers of rows in text of one width.
 * A range holds what stands behind `after`, up to `until` and with it.
 */
export interface KeyRange {
  /** Which part of the source: 0 for a listing; the number of a file for an inventory. */
  readonly lane: number;
  /** `''` for the beginning. */
  readonly after: string;
  /** Undefined for the end of the lane. */
  readonly until: string | undefined;
}

/** The name of a range. Two ranges of one job that begin at one place are the same range, cut shorter. */
export function rangeId({ lane, after }: Pick<KeyRange, 'after' | 'lane'>): string {
  return `r${createHash('sha256').update(`${lane}\0${after}`).digest('hex').slice(0, 24)}`;
}
