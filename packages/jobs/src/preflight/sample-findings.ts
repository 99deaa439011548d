import { type FormatName, isOssEnvelopeError } from '@oss-envelope/core';
import { isPassing } from '@oss-envelope/core/adapter';
import type { Job } from '../contract/job.js';
import type { ObjectSource, SourceItem } from '../contract/object-source.js';
import { keyName } from '../contract/tally.js';
import { isEndOfWork } from '../tasks/failures.js';
import type { JobTools } from '../tasks/job-tools.js';
import { isLeftOut } from '../tasks/object-filter.js';
import { isArchived, lookAtObject } from '../tasks/object-look.js';
import { isLeftOutByLook } from '../tasks/object-task.js';
import { isOwnKey } from '../tasks/own-names.js';
import { type Finding, ok, refused, warning } from './finding.js';

const stagingCosts =
  ' A staged copy has the class of its object, is written twice and deleted at once: each object costs two such times more.';

/** What the first objects of a source are like. */
export interface Sample {
  readonly findings: readonly Finding[];
  readonly items: readonly SourceItem[];
  /** Whether keys of KMS were among those that the objects name. */
  readonly namesKms: boolean;
}

/** Objects to look at for one that is encrypted, and to try to open of each key. */
const mostLooks = 50;

const archived: ReadonlySet<string> = new Set(['Archive', 'ColdArchive', 'DeepColdArchive']);
/** OSS documentation, "Storage classes": who changes an object before, pays for the rest. */
const minimumDays: Readonly<Record<string, number>> = {
  IA: 30,
  Archive: 60,
  ColdArchive: 180,
  DeepColdArchive: 180,
};

/**
 * Looks at the first page of a source: its storage classes, and whether what is encrypted in it opens with the keys that
 * are here.
 *
 * @throws as the source; an abort
 */
export async function sampleFindings(
  job: Pick<Job, 'filter' | 'grade' | 'task'>,
  tools: JobTools,
  source: ObjectSource,
  signal: AbortSignal | undefined,
): Promise<Sample> {
  const named: SourceItem[] = [];
  for (let lane = 0; lane < source.lanes && named.length === 0; lane++) {
    named.push(...(await source.page({ lane, after: '', until: undefined }, '', signal)).items);
  }
  const items = named.filter((item) => !isLeftOut(job.filter, item) && !isOwnKey(item.key));
  if (items.length === 0 && named.length > 0) {
    const finding = warning(
      'objects',
      `The filter leaves out each of the first ${named.length} objects, so none of them was looked at.`,
      'Check the filter, if it is not meant to leave that out.',
    );
    return { findings: [finding], items, namesKms: false };
  }
  if (items.length === 0) {
    const finding = warning(
      'objects',
      'The first page of the source names no object.',
      'Check the prefix and the source.',
    );
    return { findings: [finding], items, namesKms: false };
  }
  const findings: Finding[] = [...classFindings(job, items)];
  const { finding, namesKms } = await openingFinding(job, tools, items, signal);
  if (finding !== undefined) findings.push(finding);
  return { findings, items, namesKms };
}

function classFindings(
  { grade, task }: Pick<Job, 'grade' | 'task'>,
  items: readonly SourceItem[],
): Finding[] {
  const counts = new Map<string, number>();
  for (const { storageClass } of items) {
    if (storageClass !== undefined) counts.set(storageClass, (counts.get(storageClass) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const told = [...counts].map(([name, times]) => `${times} × ${name}`).join(', ');
  const findings: Finding[] = [];
  const isWriting = task !== 'report' && task !== 'verify';
  const costly = [...counts.keys()].filter((name) => Object.hasOwn(minimumDays, name));
  if (costly.length === 0 || !isWriting) {
    findings.push(ok('storage-classes', `Of the first ${items.length} objects: ${told}.`));
  } else {
    const isStaging = grade === 'stage' && task !== 'rewrap';
    const days = costly.map((name) => `${name} ${minimumDays[name]} days`).join(', ');
    findings.push(
      warning(
        'storage-classes',
        `Of the first ${items.length} objects: ${told}. An object that is written before its shortest time of storage is over (${days}) costs the rest of it, and the time begins anew; requests cost more than in Standard.${isStaging ? stagingCosts : ''}`,
        `Filter by modifiedBefore or by storage class where that matters${isStaging ? ", or take the grade 'direct'" : ''}.`,
      ),
    );
  }
  if (costly.some((name) => archived.has(name)) && task !== 'report') {
    findings.push(
      warning(
        'archived',
        'Archived objects can be neither read nor copied until they are restored; they fail with the next step restore.',
        'Restore them before the job, which costs, or leave their classes out.',
      ),
    );
  }
  return findings;
}

async function openingFinding(
  { filter, task }: Pick<Job, 'filter' | 'task'>,
  tools: JobTools,
  items: readonly SourceItem[],
  signal: AbortSignal | undefined,
): Promise<{ readonly finding: Finding | undefined; readonly namesKms: boolean }> {
  const opened = new Set<string>();
  const failed: string[] = [];
  let namesKms = false;
  for (const { key } of items.slice(0, mostLooks)) {
    const look = await lookAtObject(tools, key, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      // One that is gone, or closed to this user, is a failure of its own when the job comes to it.
      if (!isOssEnvelopeError(error) || isEndOfWork(error) || isPassing(error)) throw error;
      return undefined;
    });
    if (look === undefined || look.encryption?.kind !== 'enveloped') continue;
    if (isLeftOutByLook(filter, look)) continue;
    namesKms ||= look.keys.some(({ wrapAlgorithm }) => wrapAlgorithm === 'kms');
    const name = `${look.format as FormatName} ${look.keys.map(keyName).join(' ')}`;
    if (opened.has(name) || isArchived(look) || task === 'report' || task === 'encrypt') continue;
    opened.add(name);
    try {
      await (await tools.bucket.get(key, { signal })).discard();
    } catch (error) {
      signal?.throwIfAborted();
      if (!isOssEnvelopeError(error)) throw error;
      failed.push(`${JSON.stringify(key)} (${error.code})`);
    }
  }
  if (opened.size === 0) return { finding: undefined, namesKms };
  if (failed.length === 0) {
    return {
      finding: ok('old-keys', 'The first encrypted objects open with the keys that are here.'),
      namesKms,
    };
  }
  // One object may be damaged, or a stranger's; where none opens, the key is missing.
  const finding = (failed.length === opened.size ? refused : warning)(
    'old-keys',
    `These do not open with the keys that are here: ${failed.slice(0, 5).join(', ')}.`,
    'Give this process the keys that they name, as otherProviders.',
  );
  return { finding, namesKms };
}
