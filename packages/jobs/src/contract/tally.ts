import * as z from 'zod';
import type { ObjectOutcome } from './object-outcome.js';

const count = z.int().nonnegative();
const counts = z.record(z.string(), count);

/** What came of many objects. `listed = done + skipped + failed + gone`, and so their bytes. */
export interface Tally {
  listed: number;
  listedBytes: number;
  done: number;
  doneBytes: number;
  skipped: number;
  skippedBytes: number;
  failed: number;
  failedBytes: number;
  gone: number;
  goneBytes: number;
  /** Skipped objects by reason, failed ones by code. */
  bySkip: Record<string, number>;
  byFailure: Record<string, number>;
  /** All objects by what they are now, who wrote them, and the keys that they name. */
  byFormat: Record<string, number>;
  byWriter: Record<string, number>;
  byKey: Record<string, number>;
  /** Objects whose earlier version still names the old key, since the bucket keeps versions. */
  oldVersions: number;
  /** Staged copies that could not be deleted. They are no objects of the job: they are in no other count. */
  stagedLeft: number;
}

/** Reads a tally that was stored. @internal */
export const tallySchema: z.ZodType<Tally> = z.strictObject({
  listed: count,
  listedBytes: count,
  done: count,
  doneBytes: count,
  skipped: count,
  skippedBytes: count,
  failed: count,
  failedBytes: count,
  gone: count,
  goneBytes: count,
  bySkip: counts,
  byFailure: counts,
  byFormat: counts,
  byWriter: counts,
  byKey: counts,
  oldVersions: count,
  stagedLeft: count,
});

/** Nothing yet. */
export function emptyTally(): Tally {
  return {
    listed: 0,
    listedBytes: 0,
    done: 0,
    doneBytes: 0,
    skipped: 0,
    skippedBytes: 0,
    failed: 0,
    failedBytes: 0,
    gone: 0,
    goneBytes: 0,
    bySkip: {},
    byFailure: {},
    byFormat: {},
    byWriter: {},
    byKey: {},
    oldVersions: 0,
    stagedLeft: 0,
  };
}

/** How many different names a count may have, so that hostile metadata cannot fill memory. */
const mostNames = 200;
const otherNames = '(others)';

/** Counts one object in. */
export function countOutcome(tally: Tally, outcome: ObjectOutcome): void {
  const { kind, sizeBytes } = outcome;
  tally.listed++;
  tally.listedBytes += sizeBytes;
  tally[kind]++;
  tally[`${kind}Bytes`] += sizeBytes;
  if (kind === 'skipped') raise(tally.bySkip, outcome.reason, 1);
  if (kind === 'failed') raise(tally.byFailure, outcome.code, 1);
  if (kind === 'done' && outcome.oldVersionsKeepTheOldKey) tally.oldVersions++;
  if (kind === 'gone') return;
  raise(tally.byFormat, outcome.format, 1);
  if (outcome.writer !== undefined) raise(tally.byWriter, outcome.writer, 1);
  for (const name of new Set(outcome.keys.map(keyName))) raise(tally.byKey, name, 1);
}

/** The sum of two. */
export function addTallies(a: Tally, b: Tally): Tally {
  const sum = structuredClone(a);
  for (const [name, value] of Object.entries(b) as [keyof Tally, Tally[keyof Tally]][]) {
    if (typeof value === 'number') (sum[name] as number) += value;
    else for (const [inner, times] of Object.entries(value)) raise(sum[name] as Tally['byKey'], inner, times);
  }
  return sum;
}

/** @throws nothing: whether the sums of a tally are right */
export function isBalanced(tally: Tally): boolean {
  const { listed, done, skipped, failed, gone } = tally;
  return (
    listed === done + skipped + failed + gone &&
    tally.listedBytes === tally.doneBytes + tally.skippedBytes + tally.failedBytes + tally.goneBytes
  );
}

/** A master key as a report names it: its algorithm, and its description in one spelling. */
export function keyName({
  wrapAlgorithm,
  description,
}: {
  readonly wrapAlgorithm: string;
  readonly description: Readonly<Record<string, string>>;
}): string {
  const pairs = Object.entries(description).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${wrapAlgorithm} ${JSON.stringify(Object.fromEntries(pairs))}`;
}

/** The description in a key's name: by it one key is known in every format, where its algorithm is another one. */
export function descriptionIn(name: string): string {
  return name.slice(name.indexOf(' ') + 1);
}

function raise(target: Record<string, number>, name: string, times: number): void {
  const isRoom = Object.hasOwn(target, name) || Object.keys(target).length < mostNames;
  const place = isRoom ? name : otherNames;
  target[place] = (Object.hasOwn(target, place) ? (target[place] as number) : 0) + times;
}
