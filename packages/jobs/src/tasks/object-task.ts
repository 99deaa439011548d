import {
  equalMaterialDescriptions,
  type FormatName,
  isOssEnvelopeError,
  ObjectChangedError,
} from '@oss-envelope/core';
import type { Job, NamedKey, ObjectFilter } from '../contract/job.js';
import type { ObjectOutcome, SkipReason } from '../contract/object-outcome.js';
import type { SourceItem } from '../contract/object-source.js';
import { failureCodeOf, isEndOfWork, nextStepOf, nextStepOfCode } from './failures.js';
import type { JobTools } from './job-tools.js';
import { isLeftOut } from './object-filter.js';
import { isArchived, lookAtObject, type ObjectLook } from './object-look.js';
import { isOwnKey } from './own-names.js';
import { reencryptSafely } from './safe-reencryption.js';

/** How one object is worked on. */
export interface ObjectWork {
  readonly job: Pick<Job, 'acl' | 'filter' | 'format' | 'grade' | 'id' | 'task'>;
  readonly tools: JobTools;
  /** Whether everything is done but what changes the bucket. */
  readonly isDryRun?: boolean | undefined;
  readonly signal: AbortSignal | undefined;
  /** Told of each staged copy, when it was deleted or could not be. */
  readonly onStaged?: ((key: string, failure: unknown) => void) | undefined;
}

/**
 * Does a job's task to one object. What is done is decided by what HEAD shows, so doing it again does nothing.
 *
 * @throws what is no fault of the object: an abort, credentials that are refused, a wrong master key, a full disk; and
 *   what may pass, so that it can be tried again
 */
export async function workOnObject(work: ObjectWork, item: SourceItem): Promise<ObjectOutcome> {
  const { job, signal } = work;
  const { key } = item;
  if (isOwnKey(key)) return skipped(item, 'own');
  if (isLeftOut(job.filter, item)) return skipped(item, 'filtered');
  let look: ObjectLook | undefined;
  try {
    look = await lookAtObject(work.tools, key, signal);
    return await workOnSeen(work, key, look);
  } catch (error) {
    signal?.throwIfAborted();
    if (look !== undefined && isMissing(error) && (await isThere(work, key))) {
      // What was missing is an upload or a staged copy, that others have taken away.
      const changed = new ObjectChangedError(
        'Something that belonged to this change was taken away while it was made. The object is there; it is tried again.',
      );
      return failureOf(changed, key, look, item);
    }
    return outcomeOf(error, key, look, item);
  }
}

function isMissing(error: unknown): boolean {
  return isOssEnvelopeError(error, 'ERR_SERVICE') && error.service === 'OSS' && error.status === 404;
}

async function isThere({ tools, signal }: ObjectWork, key: string): Promise<boolean> {
  try {
    await lookAtObject(tools, key, signal);
    return true;
  } catch (error) {
    // What keeps it from being seen now is told when it is tried again.
    return !isMissing(error);
  }
}

async function workOnSeen(work: ObjectWork, key: string, look: ObjectLook): Promise<ObjectOutcome> {
  const { job } = work;
  const type = look.headers['x-oss-object-type'];
  const seen = seenAs(key, look);
  if (type === 'Symlink') return { ...seen, kind: 'skipped', reason: 'symlink' };
  if (isLeftOutByLook(job.filter, look)) return { ...seen, kind: 'skipped', reason: 'filtered' };
  if (look.failure !== undefined) throw look.failure;
  if (job.task === 'report') return { ...seen, kind: 'done' };
  const reason = reasonToSkip(work, key, look);
  if (reason !== undefined) return { ...seen, kind: 'skipped', reason };
  if (type === 'Appendable' && job.task !== 'verify') {
    return fail(
      seen,
      'ERR_APPENDABLE',
      'It is an appendable object, and would not be one afterwards. Copy its content to a new object.',
    );
  }
  if (isArchived(look)) {
    return fail(seen, 'ERR_ARCHIVED', 'It is archived. Restore it, and run the job again for it.');
  }
  if (job.task === 'rewrap' && look.format === 'client-side-encryption') {
    return fail(
      seen,
      'ERR_REENCRYPTION_NEEDED',
      'OSS does not change the metadata of this format. Run a job that re-encrypts it.',
    );
  }
  if (work.isDryRun) return { ...seen, kind: 'done' };
  return change(work, key, look);
}

async function change(
  { job, tools, signal, onStaged }: ObjectWork,
  key: string,
  look: ObjectLook,
): Promise<ObjectOutcome> {
  const { bucket } = tools;
  const seen = seenAs(key, look);
  if (job.task === 'verify') {
    await bucket.verify(key, { signal });
    return { ...seen, kind: 'done' };
  }
  if (job.task === 'rewrap') {
    const { keys, oldVersionsKeepTheOldKey } = await bucket.rewrap(key, { acl: job.acl, signal });
    return { ...seen, kind: 'done', keys: keys.map(named), oldVersionsKeepTheOldKey };
  }
  const result = await reencryptSafely({ job, tools, signal, onStaged }, key, look);
  return {
    key,
    // What was listed, so that the sums of a report can be compared.
    sizeBytes: look.sizeBytes,
    format: job.format,
    keys: result.keys.map(named),
    // Of what is there now.
    writer: 'oss-envelope',
    kind: 'done',
    oldVersionsKeepTheOldKey: result.oldVersionsKeepTheOldKey,
  };
}

/** What an object is before anything is done to it. */
function seenAs(
  key: string,
  { sizeBytes, format, keys, writer }: ObjectLook,
): Pick<ObjectOutcome, 'format' | 'key' | 'keys' | 'sizeBytes' | 'writer'> {
  return { key, sizeBytes, format, keys, writer };
}

function named({
  wrapAlgorithm,
  materialDescription,
}: {
  readonly wrapAlgorithm: string;
  readonly materialDescription: Readonly<Record<string, string>>;
}): NamedKey {
  return { wrapAlgorithm, description: materialDescription };
}

function reasonToSkip({ job, tools }: ObjectWork, key: string, look: ObjectLook): SkipReason | undefined {
  const isPlain = look.format === 'plain';
  if (isPlain && look.sizeBytes === 0 && key.endsWith('/')) return 'folder-marker';
  switch (job.task) {
    case 'encrypt':
      return isPlain ? undefined : 'as-wanted';
    case 'verify':
      return isPlain ? 'plain' : undefined;
    case 'rewrap':
      if (isPlain) return 'plain';
      return hasKeys(look, tools.wantedKeys(look.format as FormatName)) ? 'as-wanted' : undefined;
    default:
      if (isPlain) return 'plain';
      return look.format === job.format && hasKeys(look, tools.wantedKeys(job.format))
        ? 'as-wanted'
        : undefined;
  }
}

/** Whether an object names these keys and no other. A key without a description has no name: then it never does. */
function hasKeys({ keys }: ObjectLook, wanted: readonly NamedKey[]): boolean {
  return (
    wanted.length > 0 &&
    keys.length === wanted.length &&
    keys.every((key, index) => {
      const other = wanted[index] as NamedKey;
      return (
        Object.keys(key.description).length > 0 &&
        key.wrapAlgorithm === other.wrapAlgorithm &&
        equalMaterialDescriptions(key.description, other.description)
      );
    })
  );
}

function skipped({ key, sizeBytes = 0 }: SourceItem, reason: SkipReason): ObjectOutcome {
  return { key, sizeBytes, format: 'unknown', keys: [], kind: 'skipped', reason };
}

function fail(
  seen: Pick<ObjectOutcome, 'format' | 'key' | 'keys' | 'sizeBytes' | 'writer'>,
  code: string,
  message: string,
): ObjectOutcome {
  return { ...seen, kind: 'failed', code, message, next: nextStepOfCode(code) };
}

/** @throws what is not the object's own */
function outcomeOf(
  error: unknown,
  key: string,
  look: ObjectLook | undefined,
  item: SourceItem,
): ObjectOutcome {
  if (isOssEnvelopeError(error, 'ERR_SERVICE') && error.service === 'OSS' && error.status === 404) {
    const isLink = error.serviceCode === 'SymlinkTargetNotExist';
    if (error.serviceCode === 'NoSuchBucket') throw error;
    return isLink
      ? skipped(item, 'symlink')
      : { key, sizeBytes: item.sizeBytes ?? look?.sizeBytes ?? 0, format: 'unknown', keys: [], kind: 'gone' };
  }
  if (isEndOfWork(error)) throw error;
  const isRepeatable =
    (isOssEnvelopeError(error, 'ERR_SERVICE') || isOssEnvelopeError(error, 'ERR_TRANSPORT')) &&
    error.retryable;
  if (isRepeatable) throw error;
  return failureOf(error, key, look, item);
}

/** The failure of one object. */
export function failureOf(
  error: unknown,
  key: string,
  look: ObjectLook | undefined,
  item: Pick<SourceItem, 'sizeBytes'>,
): ObjectOutcome {
  return {
    key,
    sizeBytes: look?.sizeBytes ?? item.sizeBytes ?? 0,
    format: look?.format ?? 'unknown',
    keys: look?.keys ?? [],
    writer: look?.writer,
    kind: 'failed',
    code: failureCodeOf(error),
    message: error instanceof Error ? error.message : String(error),
    next: nextStepOf(error),
  };
}

/** What the source does not say, HEAD does; what it said may have changed. */
export function isLeftOutByLook(filter: ObjectFilter, { headers, sizeBytes, format }: ObjectLook): boolean {
  const modified = new Date(headers['last-modified'] ?? Number.NaN);
  return isLeftOut(filter, {
    sizeBytes,
    lastModified: Number.isNaN(modified.getTime()) ? undefined : modified,
    storageClass: headers['x-oss-storage-class'],
    format,
  });
}
