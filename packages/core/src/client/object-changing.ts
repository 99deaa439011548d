import { assertObjectKey } from '../adapter/object-key.js';
import { type Copying, type CopyResult, copyObject } from '../changing/copying.js';
import { type ReencryptingContext, type ReencryptResult, reencryptObject } from '../changing/reencrypting.js';
import { renameObject } from '../changing/renaming.js';
import { type RewrapResult, rewrapObject } from '../changing/rewrapping.js';
import type { FormatName } from '../contract/key-provider.js';
import type { Headers } from '../contract/object-transport.js';
import { formatUserMetadata } from '../envelope/metadata-headers.js';
import { InvalidArgumentError } from '../errors/errors.js';
import type { OnPlainObject } from '../reading/reading-context.js';
import { steadyProgress } from '../stream/progress.js';
import { callHeaders } from './call-headers.js';
import {
  copyOptionsSchema,
  reencryptOptionsSchema,
  renameOptionsSchema,
  rewrapOptionsSchema,
} from './change-option-checks.js';
import { usualConcurrency } from './object-putting.js';
import { parseArgument } from './option-parsing.js';
import type { CopyOptions, ReencryptOptions, RenameOptions, RewrapOptions } from './option-types.js';

/** The bucket whose objects are changed. */
export interface ChangedBucket {
  readonly reading: ReencryptingContext;
  /** What it writes. */
  readonly format: FormatName;
  readonly onPlainObject: OnPlainObject;
}

/** Wraps the keys of an object anew. @throws as `EncryptedBucket.rewrap` */
export async function rewrap(
  { reading }: ChangedBucket,
  key: string,
  options: RewrapOptions,
): Promise<RewrapResult> {
  assertObjectKey(key);
  const { context: askedContext, ...checked } = parseArgument('options', options, rewrapOptionsSchema);
  checked.signal?.throwIfAborted();
  const { acl, sealedAs, signal } = checked;
  return rewrapObject({ context: reading, key, acl, sealedAs, askedContext, signal });
}

/** Copies an object on the server. @throws as `EncryptedBucket.copy` */
export async function copy(
  context: ChangedBucket,
  { sourceKey, targetKey }: Pick<Copying, 'sourceKey' | 'targetKey'>,
  options: CopyOptions,
): Promise<CopyResult> {
  const checked = parseArgument('options', options, copyOptionsSchema);
  const { contentType, metadata } = checked;
  const headers = {
    ...callHeaders(checked.headers),
    ...(contentType !== undefined && { 'content-type': contentType }),
  };
  const copying = copyingOf(context, sourceKey, targetKey, {
    ...checked,
    headers,
    metadata: metadata && formatUserMetadata(metadata),
  });
  return (await copyObject(copying)).result;
}

/** Moves an object. @throws as `EncryptedBucket.rename` */
export async function rename(
  context: ChangedBucket,
  { sourceKey, targetKey }: Pick<Copying, 'sourceKey' | 'targetKey'>,
  options: RenameOptions,
): Promise<CopyResult> {
  const checked = parseArgument('options', options, renameOptionsSchema);
  return renameObject(copyingOf(context, sourceKey, targetKey, { ...checked, headers: {} }));
}

/** The checked options of a copy. */
interface CheckedCopy extends RenameOptions {
  readonly headers: Headers;
  readonly versionId?: string | undefined;
  readonly metadata?: Headers | undefined;
}

function copyingOf(
  context: ChangedBucket,
  sourceKey: string,
  targetKey: string,
  { acl, sealedAs, onPlainObject, forbidOverwrite, signal, ...options }: CheckedCopy,
): Copying {
  assertObjectKey(sourceKey, 'sourceKey');
  assertObjectKey(targetKey, 'targetKey');
  if (sourceKey === targetKey) {
    throw new InvalidArgumentError(
      'targetKey',
      'must be another key than sourceKey. To change the master keys of an object where it is, use rewrap or reencrypt',
    );
  }
  signal?.throwIfAborted();
  return {
    context: context.reading,
    sourceKey,
    targetKey,
    versionId: options.versionId,
    acl,
    sealedAs,
    onPlainObject: onPlainObject ?? context.onPlainObject,
    forbidOverwrite: forbidOverwrite === true,
    metadata: options.metadata,
    headers: options.headers,
    signal,
  };
}

/** Encrypts an object anew. @throws as `EncryptedBucket.reencrypt` */
export async function reencrypt(
  context: ChangedBucket,
  key: string,
  options: ReencryptOptions,
): Promise<ReencryptResult> {
  assertObjectKey(key);
  const checked = parseArgument('options', options, reencryptOptionsSchema);
  const { acl, sealedAs, context: askedContext, partSizeBytes, signal } = checked;
  const format = checked.format ?? context.format;
  if (context.reading.keys.hasRecipients) assertHasRecipients(format);
  signal?.throwIfAborted();
  const progress = steadyProgress(checked.onProgress);
  const result = await reencryptObject({
    context: context.reading,
    key,
    format,
    acl,
    sealedAs,
    askedContext,
    onPlainObject: checked.onPlainObject ?? context.onPlainObject,
    partSizeBytes,
    concurrency: checked.concurrency ?? usualConcurrency,
    signal,
    onProgress: progress?.onProgress,
  });
  progress?.end();
  return result;
}

/** S15: in a format without recipients, those of the bucket would lose their access unseen. */
function assertHasRecipients(format: FormatName): void {
  if (format === 'sealed') return;
  throw new InvalidArgumentError(
    'options.format',
    `must be 'sealed' in a bucket with recipients, who could not read an object in the format '${format}', which opens by ` +
      'one master key. If that is meant: bucket.with({ recipients: undefined }).reencrypt(…)',
  );
}
