import { headersForRequest } from '../adapter/request-headers.js';
import type { Headers, ObjectAcl, ObjectResponse } from '../contract/object-transport.js';
import { type EnvelopeState, withWrappedKeys } from '../envelope/envelope.js';
import { isEnvelopeHeader } from '../envelope/envelope-header-names.js';
import { assertRead } from '../envelope/key-opening.js';
import { rewrapObjectKey } from '../envelope/key-rewrapping.js';
import { assertMetadataSize, metadataPrefix } from '../envelope/user-metadata.js';
import { IntegrityError, MissingEnvelopeError, ObjectChangedError } from '../errors/errors.js';
import type { OnPlainObject } from '../reading/reading-context.js';
import {
  aclOf,
  assertWholeObject,
  headersThat,
  isReplaced,
  lookAt,
  type ObjectState,
  replacedHeaders,
  uncarriedHeaders,
} from './object-state.js';
import type { ChangingContext } from './rewrapping.js';
import { conditionsOf, copyOf, isChangedSource, mostAttempts } from './server-copy.js';

/** A copy within the bucket. All options are checked. */
export interface Copying {
  readonly context: ChangingContext;
  readonly sourceKey: string;
  readonly targetKey: string;
  readonly versionId: string | undefined;
  readonly acl: ObjectAcl | undefined;
  readonly sealedAs: string | undefined;
  readonly onPlainObject: OnPlainObject;
  readonly forbidOverwrite: boolean;
  /** The headers of the user's metadata, where they are to be others. */
  readonly metadata: Headers | undefined;
  /** Further headers of the copy, names in lower case; they stand in the place of the source's. */
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
}

/** What was copied. */
export interface CopyResult {
  /** Whether the copy is encrypted, and how. */
  readonly encryption: EnvelopeState;
  readonly etag: string | undefined;
  /** The version that was made, in a bucket with versions. */
  readonly versionId: string | undefined;
  readonly requestId: string | undefined;
}

/** A copy that was made, with what it was made of. */
export interface MadeCopy {
  readonly source: ObjectState;
  /** What the copy must have of content headers and metadata. */
  readonly headers: Headers;
  readonly result: CopyResult;
}

/**
 * Copies an object on the server. A sealed one that is bound to its key (S12) is bound to the new one, for which its data
 * key is wrapped anew.
 *
 * @throws as `EncryptedBucket.copy`
 */
export async function copyObject(copying: Copying): Promise<MadeCopy> {
  const { context, sourceKey, targetKey, versionId, signal } = copying;
  const copy = copyOf(context.transport);
  const query = { key: sourceKey, headers: headersForRequest('list-parts', copying.headers), signal };
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const source = await lookAt(context, { ...query, versionId });
    assertCopied(source, copying);
    const [encryption, acl] = await Promise.all([
      boundTo(targetKey, source, copying),
      aclOf(context.transport, { ...query, versionId }, copying.acl ?? aclAmong(copying.headers)),
    ]);
    const { headers, expected } = headersOf(copying, source, encryption, acl);
    let response: ObjectResponse;
    try {
      const sourceVersionId = versionId ?? source.versionId;
      response = await copy({ key: targetKey, sourceKey, sourceVersionId, headers, signal });
    } catch (error) {
      if (isChangedSource(error)) continue;
      throw error;
    }
    assertSameSum(source.headers, response.headers);
    return { source, headers: expected, result: resultOf(encryption, response) };
  }
  throw new ObjectChangedError(
    `Others changed the object ${mostAttempts} times while it was being copied. Make the call again.`,
  );
}

/** What the bucket would not read it does not give another name either. */
function assertCopied(source: ObjectState, { context, onPlainObject }: Copying): void {
  // HEAD shows the ETag of what the link points to, and a copy compares that of the link.
  if (source.headers['x-oss-object-type'] === 'Symlink') assertWholeObject(source);
  if (source.encryption.kind === 'plain') {
    if (onPlainObject === 'pass') return;
    throw new MissingEnvelopeError(
      "The object is not encrypted: it carries no envelope. If that is expected, allow it with onPlainObject: 'pass'.",
    );
  }
  assertRead(context.keys, source.encryption.envelope.format);
}

/** What the envelope of the copy says. */
async function boundTo(
  targetKey: string,
  { encryption }: ObjectState,
  { context, sourceKey, sealedAs, signal }: Copying,
): Promise<EnvelopeState> {
  if (encryption.kind === 'plain') return encryption;
  const { envelope } = encryption;
  if (envelope.format !== 'sealed' || envelope.bound !== 'key') return encryption;
  const place = { objectKey: sealedAs ?? sourceKey, signal };
  return { kind: 'enveloped', envelope: await rewrapObjectKey(context.keys, envelope, place, targetKey) };
}

/** An ACL that the caller gives the copy by a header: it takes the place of the source's, which nobody need know. */
function aclAmong(headers: Headers): ObjectAcl | undefined {
  return headers['x-oss-object-acl'] === undefined ? undefined : 'default';
}

function headersOf(
  { headers: given, metadata, forbidOverwrite }: Copying,
  source: ObjectState,
  encryption: EnvelopeState,
  acl: ObjectAcl,
): { readonly headers: Headers; readonly expected: Headers } {
  const isBoundAnew = encryption !== source.encryption;
  const replaces = isBoundAnew || metadata !== undefined || Object.keys(given).some(isReplaced);
  const kept = replaces ? replacedHeaders(source) : headersThat(isReplaced, source.headers);
  const enveloped =
    isBoundAnew && encryption.kind === 'enveloped' ? withWrappedKeys(kept, encryption.envelope) : kept;
  const isOthers = (name: string): boolean => !name.startsWith(metadataPrefix) || isEnvelopeHeader(name);
  const expected: Headers = {
    ...(metadata === undefined ? enveloped : { ...headersThat(isOthers, enveloped), ...metadata }),
    ...headersThat(isReplaced, given),
  };
  if (replaces) assertMetadataSize(expected);
  const headers: Headers = {
    ...uncarriedHeaders(source, acl),
    ...(replaces && expected),
    ...given,
    'x-oss-metadata-directive': replaces ? 'REPLACE' : 'COPY',
    'x-oss-tagging-directive': given['x-oss-tagging'] === undefined ? 'Copy' : 'Replace',
    ...(forbidOverwrite && { 'x-oss-forbid-overwrite': 'true' }),
    ...conditionsOf(source),
  };
  return { headers, expected };
}

/** A copy need not have a sum (OSS documentation, "CopyObject"); where it has one, it is the source's. */
function assertSameSum(source: Headers, copy: Headers): void {
  const [expected, found] = [source['x-oss-hash-crc64ecma'], copy['x-oss-hash-crc64ecma']];
  if (expected === undefined || found === undefined || expected === found) return;
  throw new IntegrityError(
    'The server says that the copy has another CRC-64 than its source. Do not use the copy: delete it, and copy again.',
  );
}

function resultOf(encryption: EnvelopeState, { headers }: ObjectResponse): CopyResult {
  return {
    encryption,
    etag: headers.etag,
    versionId: headers['x-oss-version-id'],
    requestId: headers['x-oss-request-id'],
  };
}
