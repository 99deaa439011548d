import { compareUtf8 } from '@oss-envelope/core/adapter';
import type { Job, NamedKey, WriteGrade } from '../contract/job.js';
import type { KeyRange } from '../contract/key-range.js';
import type { Ledger } from '../contract/ledger.js';
import type { FailureRecord } from '../contract/object-outcome.js';
import { addTallies, descriptionIn, emptyTally, isBalanced, keyName, type Tally } from '../contract/tally.js';
import { coverage, coverOf } from '../ledger/coverage.js';
import { changesLaneOf } from '../ranges/lane-order.js';
import { endOf, tile } from '../ranges/tiling.js';

/** What a look at older versions and unfinished uploads found, for the question whether an old key is needed. */
export interface LeftBehind {
  /** Versions that are not the current ones, and name a key that is not one of the job's. */
  readonly versionsUnderOtherKeys: number;
  /** What belongs to jobs themselves and names such a key, as a staged copy does that a killed process left. */
  readonly ownUnderOtherKeys: number;
  /** Unfinished uploads: nobody can see which key they name. */
  readonly unfinishedUploads: number;
}

/** What came of a job. */
export interface JobReport {
  readonly version: 1;
  readonly job: Job;
  /** Whether the attempts cover all of the source, without a hole. */
  readonly isComplete: boolean;
  /** What is not covered. */
  readonly holes: readonly KeyRange[];
  readonly tally: Tally;
  /**
   * Of the tally, what was seen in the pass for what changed since an inventory: an object that the job has written is there
   * again, and so is one that others have. What is left of the tally without it is one count for each object of the inventory.
   * Undefined where the source names each object once.
   */
  readonly changedSince: Tally | undefined;
  /** Whether listed = done + skipped + failed + gone, in objects and in bytes; in `changedSince` too. */
  readonly isBalanced: boolean;
  /** What the grade of writing promises, and what it does not. */
  readonly promise: string;
  /** What was found beyond the current objects; undefined when nobody looked. */
  readonly leftBehind: LeftBehind | undefined;
  /** Whether nothing needs a key other than the job's any more. */
  readonly oldKeyMayBeDisabled: boolean;
  /** Why not, each a sentence. */
  readonly reasons: readonly string[];
  readonly writtenAt: string;
}

const promises: Readonly<Record<WriteGrade, string>> = {
  direct:
    'What was sent was compared before it became the object, and the object was looked at once more just before. OSS writes under no condition: what another program wrote between that look and the answer may have been replaced unseen, unless the bucket keeps versions.',
  stage:
    'Each object was written beside, read back in full, and then copied over the object, which was looked at once more just before. OSS writes under no condition: what another program wrote between that look and the copy may have been replaced unseen, unless the bucket keeps versions.',
  versions:
    "The bucket keeps versions. Where another program's version was found between the one that was read and the one that was written, ours was removed, and theirs is the current one.",
};

/** Makes the report of a job from its ledger, and keeps it there. @throws as the ledger's calls */
export async function makeReport(
  ledger: Ledger,
  lanes: number,
  leftBehind?: LeftBehind | undefined,
): Promise<JobReport> {
  const { job } = ledger;
  const { holes, byLane } = await talliesOf(ledger, lanes);
  const changesLane = changesLaneOf(job, lanes);
  const changedSince = changesLane === undefined ? undefined : byLane(changesLane);
  const tally = byLane();
  const isComplete = holes.length === 0;
  const reasons = reasonsToKeepOldKey(job, tally, isComplete, leftBehind);
  const report: JobReport = {
    version: 1,
    job,
    isComplete,
    holes,
    tally,
    changedSince,
    isBalanced: isBalanced(tally) && (changedSince === undefined || isBalanced(changedSince)),
    promise: promises[job.grade],
    leftBehind,
    oldKeyMayBeDisabled: reasons.length === 0,
    reasons,
    writtenAt: new Date().toISOString(),
  };
  await ledger.writeReport(report);
  return report;
}

/** What the tiles of a ledger count: all of them, or those of one lane. */
async function talliesOf(
  ledger: Ledger,
  lanes: number,
): Promise<{
  readonly holes: readonly KeyRange[];
  readonly byLane: (lane?: number) => Tally;
}> {
  // As text: most attempts are long done, and a tally takes several times as much.
  const attempts: (ReturnType<typeof coverOf> & { readonly counted: string })[] = [];
  for await (const attempt of ledger.attempts()) {
    attempts.push({ ...coverOf(attempt), counted: JSON.stringify(attempt.tally) });
  }
  const { tiles, holes } = tile(attempts, lanes);
  return {
    holes,
    byLane: (lane) =>
      tiles
        .filter((each) => lane === undefined || each.lane === lane)
        .reduce((sum, { counted }) => addTallies(sum, JSON.parse(counted)), emptyTally()),
  };
}

/** What was not done, each object once: to be shown, and to be fed in again. @throws as the ledger's calls */
export async function* failuresOf(ledger: Ledger, lanes: number): AsyncGenerator<FailureRecord> {
  const { tiles } = await coverage(ledger, lanes);
  for (const attempt of tiles) {
    if (!attempt.hasFailures) continue;
    const seen = new Set<string>();
    const end = endOf(attempt);
    const parts = [...attempt.from, { attempt: attempt.id, upTo: end }];
    for (const { attempt: id, upTo } of parts) {
      for await (const failure of ledger.failures(id)) {
        const isWithin = upTo === null || compareUtf8(failure.position, upTo) <= 0;
        const name = `${failure.position}\n${failure.key}`;
        if (!isWithin || seen.has(name)) continue;
        seen.add(name);
        yield failure;
      }
    }
  }
}

function isNameless(description: NamedKey['description']): boolean {
  return Object.keys(description).length === 0;
}

function reasonsToKeepOldKey(
  job: Job,
  tally: Tally,
  isComplete: boolean,
  leftBehind: LeftBehind | undefined,
): readonly string[] {
  if (job.task === 'verify' || job.task === 'encrypt') {
    return [`This job changes no keys (${job.task}), so it says nothing about an old one.`];
  }
  // By description: one key has another algorithm in each format, and a rewrap leaves each object its format.
  const wanted = new Set(job.targetKeys.map((key: NamedKey) => descriptionIn(keyName(key))));
  const others = Object.entries(tally.byKey).filter(([name]) => !wanted.has(descriptionIn(name)));
  const isWhole = job.source.kind === 'listing' && job.source.prefix === '';
  const filtered = tally.bySkip.filtered ?? 0;
  const reasons: (string | false)[] = [
    !isComplete && 'Not all of the bucket was seen.',
    !isBalanced(tally) && 'The sums of the report do not agree.',
    !isWhole &&
      'The job was about a part of the bucket, or about an inventory of it, which is older than the bucket.',
    wanted.size === 0 && 'The job names no key that objects should have.',
    (job.targetKeys.some(({ description }) => isNameless(description)) ||
      Object.keys(tally.byKey).some((name) => name.endsWith(` ${JSON.stringify({})}`))) &&
      'Keys without a description are named, and nobody can tell one of those from another.',
    others.length > 0 &&
      `Objects name other keys: ${others.map(([name, times]) => `${times} × ${name}`).join('; ')}.`,
    filtered > 0 && `${filtered} objects were left out by the filter.`,
    tally.failed > 0 && `${tally.failed} objects failed, and may need it.`,
    tally.stagedLeft > 0 &&
      `${tally.stagedLeft} staged copies could not be deleted, and one that was cut off may be as its object was before.`,
    tally.oldVersions > 0 &&
      `${tally.oldVersions} objects have an older version that still names the key of before.`,
    leftBehind === undefined && 'Nobody has looked at older versions and unfinished uploads.',
    (leftBehind?.versionsUnderOtherKeys ?? 0) > 0 &&
      `${leftBehind?.versionsUnderOtherKeys} older versions name other keys.`,
    (leftBehind?.ownUnderOtherKeys ?? 0) > 0 &&
      `${leftBehind?.ownUnderOtherKeys} objects that belong to jobs name other keys, such as staged copies that were left: delete them.`,
    (leftBehind?.unfinishedUploads ?? 0) > 0 &&
      `${leftBehind?.unfinishedUploads} uploads are unfinished, and nobody can see which key they name.`,
  ];
  return reasons.filter((reason) => reason !== false);
}
