import { createHash } from 'node:crypto';
import {
  type BucketView,
  CapabilityMissingError,
  type EnvelopeKey,
  type EnvelopeState,
  type FormatName,
  type Headers,
  isOssEnvelopeError,
  type ListedVersion,
  type ListPlace,
  ObjectChangedError,
  type ObjectTransport,
} from '@oss-envelope/core';
import type { Job } from '../contract/job.js';
import { keyName } from '../contract/tally.js';
import { deleteForGood } from './deletion.js';
import type { JobTools } from './job-tools.js';
import { lookAtObject, type ObjectLook } from './object-look.js';

/** What is encrypted anew, and how safely. */
interface Reencryption {
  readonly job: Pick<Job, 'acl' | 'format' | 'grade' | 'id'>;
  readonly tools: JobTools;
  readonly signal: AbortSignal | undefined;
  /** Told of the staged copy, when it was deleted, or could not be. */
  readonly onStaged?: ((key: string, failure: unknown) => void) | undefined;
}

/** What it has become. */
interface Reencrypted {
  readonly keys: readonly EnvelopeKey[];
  readonly oldVersionsKeepTheOldKey: boolean;
}

/**
 * Encrypts an object anew where it is, as safely as the job's grade says. OSS has no compare-and-swap: what others write
 * between the last look and the answer is seen only in a bucket with versions.
 *
 * @throws ObjectChangedError when others have changed it meanwhile; it is then as they left it
 */
export async function reencryptSafely(
  reencryption: Reencryption,
  key: string,
  before: ObjectLook,
): Promise<Reencrypted> {
  const { job, tools, signal } = reencryption;
  if (job.grade === 'stage') return reencryptStaged(reencryption, key, before);
  const result = await tools.bucket.reencrypt(key, {
    format: job.format,
    onPlainObject: 'pass',
    acl: job.acl,
    signal,
  });
  if (job.grade === 'versions') await assertNothingHidden(reencryption, key, before, result.versionId);
  return result;
}

/** Where an object is staged: the same place each time, so that what a killed process left is written over. */
export function stagedKey(jobId: string, key: string): string {
  return `.oss-envelope/jobs/${jobId}/staged/${createHash('sha256').update(key).digest('hex')}`;
}

/**
 * Copies the object beside, encrypts that copy anew, reads it back, and copies it over the object, which was not written
 * meanwhile as far as a look shows.
 */
async function reencryptStaged(
  { job, tools, signal, onStaged }: Reencryption,
  key: string,
  before: ObjectLook,
): Promise<Reencrypted> {
  const { bucket, transport } = tools;
  const staged = stagedKey(job.id, key);
  try {
    await bucket.copy(key, staged, { onPlainObject: 'pass', acl: job.acl, signal });
    const { keys } = await bucket.reencrypt(staged, {
      format: job.format,
      onPlainObject: 'pass',
      acl: job.acl,
      signal,
    });
    await bucket.verify(staged, { signal });
    const lookOnceMore = async (): Promise<void> => {
      const now = await lookAtObject(tools, key, signal);
      if (isSameObject(before.headers, now.headers)) return;
      throw new ObjectChangedError(
        'Others have changed the object while it was staged. It was left as they made it.',
      );
    };
    // A copy asks for the staged object first, and may wrap keys: the look is behind all of that.
    const last = tools.bucketOver(withWorkBeforeCopies(transport, lookOnceMore));
    const { encryption, versionId } = await last.copy(staged, key, { acl: job.acl, signal });
    if (!isAsStaged(encryption, job.format, keys)) throw stagedByAnother();
    return { keys, oldVersionsKeepTheOldKey: versionId !== undefined };
  } catch (error) {
    // What another process has staged may not be encrypted yet.
    throw isOssEnvelopeError(error, 'ERR_ENVELOPE_MISSING') ? stagedByAnother() : error;
  } finally {
    // Also when the call was aborted: what is staged is of use to nobody.
    await deleteForGood(transport, staged).then(
      () => onStaged?.(staged, undefined),
      (failure: unknown) => onStaged?.(staged, failure),
    );
  }
}

/** A transport that does something just before each copy that it asks for. */
function withWorkBeforeCopies(transport: ObjectTransport, work: () => Promise<void>): ObjectTransport {
  // Not of the transport itself: one that is frozen could show nothing else.
  return new Proxy({} as ObjectTransport, {
    has: (_, name) => name in transport,
    get(_, name) {
      const value: unknown = Reflect.get(transport, name, transport);
      if (typeof value !== 'function') return value;
      if (name !== 'copy') return value.bind(transport);
      return async (request: unknown) => {
        await work();
        return value.call(transport, request);
      };
    },
  });
}

/** Whether what was copied is what was staged: two processes that take one object for theirs stage it in one place. */
function isAsStaged(encryption: EnvelopeState, format: FormatName, keys: readonly EnvelopeKey[]): boolean {
  if (encryption.kind === 'plain' || encryption.envelope.format !== format) return false;
  const { envelope } = encryption;
  const found = envelope.format === 'sealed' ? envelope.recipients : [envelope];
  const names = (all: readonly EnvelopeKey[]): string =>
    all
      .map(({ wrapAlgorithm, materialDescription: description }) => keyName({ wrapAlgorithm, description }))
      .join(' ');
  return names(found) === names(keys);
}

function stagedByAnother(): ObjectChangedError {
  return new ObjectChangedError(
    'Another process has staged the object at the same time. Its content is what it was. It is staged anew.',
  );
}

/** The headers that tell one state of an object from another. */
const tellingHeaders = ['etag', 'last-modified', 'x-oss-hash-crc64ecma', 'x-oss-version-id'];

function isSameObject(before: Headers, now: Headers): boolean {
  const isTelling = (name: string): boolean =>
    tellingHeaders.includes(name) || name.startsWith('x-oss-meta-');
  const names = new Set([...Object.keys(before), ...Object.keys(now)].filter(isTelling));
  return [...names].every((name) => before[name] === now[name]);
}

/**
 * In a bucket with versions: a version that another wrote between what was read and what was written is current again.
 *
 * @throws ObjectChangedError when there was one; CapabilityMissingError when the bucket keeps no versions, or none can be
 *   listed
 */
async function assertNothingHidden(
  { tools, signal }: Reencryption,
  key: string,
  before: ObjectLook,
  written: string | undefined,
): Promise<void> {
  const read = before.headers['x-oss-version-id'];
  const view = tools.transport.bucketView;
  if (view === undefined || written === undefined || read === undefined) {
    throw new CapabilityMissingError(
      'bucketView',
      "The grade 'versions' needs a bucket that keeps versions, and a transport that lists them. The object was written; others' " +
        "writes of that moment were not looked for. Enable versioning, or take the grade 'direct' or 'stage'.",
    );
  }
  const versions = await versionsOf(view, key, signal);
  const own = versions.findIndex(({ versionId }) => versionId === written);
  // Newest first. What stands above ours came later, and hides it as it should.
  if (own < 0) return;
  const old = versions.findIndex(({ versionId }) => versionId === read);
  const between = old < 0 ? newerThan(versions.slice(own + 1), before) : versions.slice(own + 1, old);
  if (between.length === 0) return;
  await tools.transport.delete({ key, versionId: written, headers: {}, signal });
  throw new ObjectChangedError(
    'Others have written the object while it was being encrypted anew. Their version is the current one again; nothing was lost.',
  );
}

/**
 * Those that are surely newer than what was read, whose own version somebody has removed: what is older would be current
 * again, or nothing would be left, if ours were taken away for them.
 */
function newerThan(versions: readonly ListedVersion[], { headers }: ObjectLook): readonly ListedVersion[] {
  const readMs = Date.parse(headers['last-modified'] ?? '');
  return versions.filter(({ lastModified }) => lastModified !== undefined && lastModified.getTime() > readMs);
}

/** An object's versions, newest first, delete markers among them. */
async function versionsOf(
  view: BucketView,
  key: string,
  signal: AbortSignal | undefined,
): Promise<readonly ListedVersion[]> {
  const versions: ListedVersion[] = [];
  let after: ListPlace | undefined;
  do {
    const page = await view.listVersions({ prefix: key, after, headers: {}, signal });
    const own = page.versions.filter((version) => version.key === key);
    versions.push(...own);
    // Its own key comes first of all that begin with it.
    if (own.length < page.versions.length) break;
    after = page.next;
  } while (after !== undefined);
  return versions;
}
