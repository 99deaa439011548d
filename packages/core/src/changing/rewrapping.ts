import type { EncryptionContext, FormatName } from '../contract/key-provider.js';
import type { Headers, ObjectAcl, ObjectResponse, ObjectTransport } from '../contract/object-transport.js';
import { type Envelope, type EnvelopeKey, keysOf, withWrappedKeys } from '../envelope/envelope.js';
import { isEnvelopeHeader } from '../envelope/envelope-header-names.js';
import { rewrapObjectKey } from '../envelope/key-rewrapping.js';
import type { ObjectKeys } from '../envelope/object-keys.js';
import { assertMetadataSize } from '../envelope/user-metadata.js';
import { withAdvice } from '../errors/described-error.js';
import {
  IntegrityError,
  isOssEnvelopeError,
  MissingEnvelopeError,
  ObjectChangedError,
  ReencryptionNeededError,
} from '../errors/errors.js';
import {
  aclOf,
  assertWholeObject,
  lookAt,
  type ObjectState,
  replacedHeaders,
  uncarriedHeaders,
} from './object-state.js';
import { conditionsOf, copyOf, isChangedSource, mostAttempts } from './server-copy.js';

/** What a bucket changes objects with. */
export interface ChangingContext {
  readonly transport: ObjectTransport;
  readonly keys: ObjectKeys;
  readonly lenient: boolean;
}

/** A change of an object's master keys. All options are checked. */
export interface Rewrapping {
  readonly context: ChangingContext;
  readonly key: string;
  readonly acl: ObjectAcl | undefined;
  readonly sealedAs: string | undefined;
  readonly askedContext: EncryptionContext | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What was done to the keys of an object. */
export interface RewrapResult {
  readonly format: FormatName;
  /** The master keys that opened the object before, as its envelope named them. */
  readonly previousKeys: readonly EnvelopeKey[];
  /** The master keys that open it now. */
  readonly keys: readonly EnvelopeKey[];
  readonly etag: string | undefined;
  /** The version that was made, in a bucket with versions. */
  readonly versionId: string | undefined;
  readonly requestId: string | undefined;
  /** True in a bucket with versions: older versions of the object still open under the previous keys. */
  readonly oldVersionsKeepTheOldKey: boolean;
}

/**
 * S22, S23: wraps the keys of an object for the provider and the recipients of now, and leaves its body and everything
 * else of it as it is.
 *
 * @throws as `EncryptedBucket.rewrap`
 */
export async function rewrapObject(rewrapping: Rewrapping): Promise<RewrapResult> {
  const { context } = rewrapping;
  const copy = copyOf(context.transport);
  const query = queryOf(rewrapping);
  let state = await lookAt(context, query);
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const sent = await prepare(rewrapping, state);
    const response = await copyUnlessChanged(copy, rewrapping, sent);
    const isMade = response !== undefined && (await isRightCopy(rewrapping, sent, response));
    // The copy alone proves nothing: its answer does not show the metadata. Its own copy is also what a transport finds
    // that sends a copy again after the answer was lost, and is told that the source has changed.
    const look = (versionId?: string) =>
      lookAt(context, { ...query, versionId }).catch((error: unknown) => {
        throw isMade ? withAdvice(error, uncheckedAdvice) : error;
      });
    state = await look();
    const right = isMade ? response : undefined;
    const made = right?.headers['x-oss-version-id'];
    // What stands above the version that was made may be about to be removed again, as another rewrap does.
    const written = made === undefined || made === state.versionId ? state : await look(made);
    if (isWrittenBy(sent, written)) {
      return resultOf(sent, right ?? { status: 200, headers: written.headers });
    }
    if (isMade) assertNotAsBefore(sent.before, written);
  }
  throw new ObjectChangedError(
    `Others changed the object ${mostAttempts} times while its keys were being changed. Nothing of theirs was lost, and ` +
      'the keys are as they left them. Make the call again.',
  );
}

const uncheckedAdvice =
  "The server says that it has changed the object's keys, and what it has now was to be compared. Make the call again";

/**
 * A server that does not know `REPLACE`, or a proxy that drops it, answers as if all were well; so it looks, too, when
 * another tool has written back the metadata that it had read before.
 *
 * @throws IntegrityError when the object that was to have other keys has those that it had
 */
function assertNotAsBefore(before: ObjectState, now: ObjectState): void {
  const isAsBefore =
    isSameContent(before.headers, now.headers) &&
    JSON.stringify(before.encryption) === JSON.stringify(now.encryption);
  if (!isAsBefore) return;
  throw new IntegrityError(
    'The server says that it has changed the keys of the object, and it has not: the object opens under the keys that it ' +
      'had before. Make the call again. If that does not help, the server, or what stands between here and there, does ' +
      'not replace metadata when it copies: write the object anew by reencrypt.',
  );
}

/** What is sent, and to which state of the object it belongs. */
interface Attempt {
  readonly before: ObjectState;
  readonly previous: Envelope;
  readonly envelope: Envelope;
  readonly headers: Headers;
}

async function prepare(rewrapping: Rewrapping, before: ObjectState): Promise<Attempt> {
  const { context, key, sealedAs, askedContext, acl: knownAcl, signal } = rewrapping;
  const { encryption } = before;
  if (encryption.kind === 'plain') {
    throw new MissingEnvelopeError(
      'The object is not encrypted, so it has no keys to change. To encrypt it where it is: ' +
        "reencrypt(key, { onPlainObject: 'pass' }).",
    );
  }
  assertWholeObject(before);
  const previous = encryption.envelope;
  const place = { objectKey: sealedAs ?? key, context: askedContext, signal };
  const [envelope, acl] = await Promise.all([
    rewrapObjectKey(context.keys, previous, place, key),
    aclOf(context.transport, queryOf(rewrapping), knownAcl),
  ]);
  const headers = {
    ...withWrappedKeys(replacedHeaders(before), envelope),
    ...uncarriedHeaders(before, acl),
    'x-oss-metadata-directive': 'REPLACE',
    'x-oss-tagging-directive': 'Copy',
    ...conditionsOf(before),
  };
  assertMetadataSize(headers);
  return { before, previous, envelope, headers };
}

async function copyUnlessChanged(
  copy: NonNullable<ObjectTransport['copy']>,
  { key, signal }: Rewrapping,
  { headers }: Attempt,
): Promise<ObjectResponse | undefined> {
  try {
    return await copy({ key, sourceKey: key, headers, signal });
  } catch (error) {
    if (isChangedSource(error)) return undefined;
    if (!isOssEnvelopeError(error, 'ERR_SERVICE')) throw error;
    if (error.ec !== protectedMetadata) {
      throw error.status === 400 || error.status === 501 ? withAdvice(error, notReplacedAdvice) : error;
    }
    throw new ReencryptionNeededError(
      `The server refuses to change the object's metadata (${protectedMetadata}), so its keys cannot be changed where it ` +
        "is; nothing was changed. Write it anew: reencrypt(key, { format: 'sealed' }), or another format.",
    );
  }
}

const notReplacedAdvice =
  'Nothing was changed. If the server cannot replace metadata when it copies, write the object anew by reencrypt';

/** OSS documentation, "0005-00000421": the metadata of the official SDKs' client-side encryption cannot be changed. */
const protectedMetadata = '0005-00000421';

/**
 * S22: whether the copy was made of the very version that HEAD showed, and has its content. In a bucket with versions a
 * wrong one is removed again.
 */
async function isRightCopy(
  { context, key, signal }: Rewrapping,
  { before }: Attempt,
  { headers }: ObjectResponse,
): Promise<boolean> {
  const made = headers['x-oss-version-id'];
  const isSameVersion =
    made === undefined || headers['x-oss-copy-source-version-id'] === (before.versionId ?? nullVersion);
  const isSame = isSameContent(before.headers, headers);
  if (isSame && isSameVersion) return true;
  // What was there before is never removed, whatever the answer names.
  if (made !== undefined && made !== nullVersion && made !== before.versionId) {
    await context.transport.delete({ key, versionId: made, headers: {}, signal }).catch((error: unknown) => {
      throw withAdvice(error, `The version ${made} is not what was meant to be copied: delete it`);
    });
    return false;
  }
  // What replaced the only version cannot be taken back; of the same content it is right all the same.
  if (isSame) return false;
  throw new IntegrityError(
    'The server says that it has stored another content than the one whose keys were changed. Check that the object can ' +
      'be read; if not, restore it from a copy.',
  );
}

/** The name of the version that a bucket writes without versions, or when they are suspended. */
const nullVersion = 'null';

/** Whether two answers are about the same stored bytes, by ETag, or else (encryption on the server may change it) by CRC-64. */
function isSameContent(a: Headers, b: Headers): boolean {
  const crc64 = a['x-oss-hash-crc64ecma'];
  return a.etag === b.etag || (crc64 !== undefined && crc64 === b['x-oss-hash-crc64ecma']);
}

/** Whether the envelope is the one that was sent. No two are the same: each wrapping is random. */
function isWrittenBy({ before, headers }: Attempt, now: ObjectState): boolean {
  const written = Object.entries(headers).filter(([name]) => isEnvelopeHeader(name));
  return (
    isSameContent(before.headers, now.headers) &&
    written.every(([name, value]) => now.headers[name] === value)
  );
}

function resultOf({ previous, envelope }: Attempt, { headers }: ObjectResponse): RewrapResult {
  const versionId = headers['x-oss-version-id'];
  return {
    format: envelope.format,
    previousKeys: keysOf(previous),
    keys: keysOf(envelope),
    etag: headers.etag,
    versionId,
    requestId: headers['x-oss-request-id'],
    oldVersionsKeepTheOldKey: versionId !== undefined,
  };
}

function queryOf({ key, signal }: Rewrapping): {
  key: string;
  headers: Headers;
  signal: AbortSignal | undefined;
} {
  return { key, headers: {}, signal };
}
