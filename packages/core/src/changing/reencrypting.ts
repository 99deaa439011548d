import type { EncryptionContext, FormatName } from '../contract/key-provider.js';
import type { ObjectAcl, ObjectTransport } from '../contract/object-transport.js';
import { percentEncode } from '../encoding/percent-encoding.js';
import { type EnvelopeKey, type EnvelopeState, keysOf, recordedMd5 } from '../envelope/envelope.js';
import { isEnvelopeHeader } from '../envelope/envelope-header-names.js';
import { formats } from '../envelope/formats.js';
import type { ObjectKeys } from '../envelope/object-keys.js';
import {
  CapabilityMissingError,
  isOssEnvelopeError,
  ObjectChangedError,
  ReencryptionNeededError,
  TransportError,
} from '../errors/errors.js';
import {
  type FetchedObject,
  fetchObject,
  openObject,
  readFetched,
  releasedOnFailure,
} from '../reading/object-reading.js';
import type { OnPlainObject, ReadingContext } from '../reading/reading-context.js';
import type { OnProgress } from '../stream/progress.js';
import { writeObject } from '../writing/object-writing.js';
import type { PutResult } from '../writing/put-result.js';
import { openSource } from '../writing/source.js';
import type { Writing } from '../writing/writing-context.js';
import {
  aclOf,
  assertWholeObject,
  headersThat,
  isUnchanged,
  lookAt,
  type ObjectState,
  replacedHeaders,
  type StateQuery,
  stateOf,
  uncarriedHeaders,
} from './object-state.js';

/** What it is read and written with. */
export interface ReencryptingContext extends ReadingContext {
  readonly transport: ObjectTransport;
}

/** A content that is to be encrypted anew where it is. All options are checked. */
export interface Reencrypting {
  readonly context: ReencryptingContext;
  readonly key: string;
  readonly format: FormatName;
  readonly acl: ObjectAcl | undefined;
  readonly sealedAs: string | undefined;
  readonly askedContext: EncryptionContext | undefined;
  readonly onPlainObject: OnPlainObject;
  readonly partSizeBytes: number | undefined;
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnProgress | undefined;
}

/** What was stored in the place of what. */
export interface ReencryptResult extends PutResult {
  /** `plain` for an object that was not encrypted. */
  readonly previousFormat: FormatName | 'plain';
  /** The master keys that opened the object before, as its envelope named them. */
  readonly previousKeys: readonly EnvelopeKey[];
  /** The master keys that open it now. */
  readonly keys: readonly EnvelopeKey[];
  /** True in a bucket with versions: older versions are still as they were, under the previous keys. */
  readonly oldVersionsKeepTheOldKey: boolean;
}

/**
 * What is larger goes in parts, which replace nothing before all are there. What is not is verified in memory before it
 * is sent.
 */
const largestInOneRequestBytes = 4 * 1024 * 1024;

/**
 * Encrypts the content of an object anew, under a new data key, in any format, and replaces the object by it: when the
 * old content was read to its end and verified, what was sent of the new one is there as it was sent, and nobody else
 * has written meanwhile.
 *
 * @throws as `EncryptedBucket.reencrypt`
 */
export async function reencryptObject(reencrypting: Reencrypting): Promise<ReencryptResult> {
  const { context, key, signal } = reencrypting;
  const fetched = await fetchObject(context, { key, headers: {}, signal });
  return releasedOnFailure(fetched.response, () => rewrite(reencrypting, fetched));
}

async function rewrite(reencrypting: Reencrypting, fetched: FetchedObject): Promise<ReencryptResult> {
  const { context, key, format, sealedAs, askedContext, onPlainObject, signal } = reencrypting;
  const { transport, lenient } = context;
  const { encryption, plan, response } = fetched;
  const { sizeBytes } = plan;
  if (encryption.kind === 'plain' && response.headers['content-encoding'] !== undefined) {
    throw new ReencryptionNeededError(
      'The object is stored with a Content-Encoding, and clients would try to undo that on ciphertext. Get its content, ' +
        'and put it without one.',
    );
  }
  if (response.isDecoded || sizeBytes === undefined) {
    throw new TransportError(
      'The answer does not say how large the content is as it is stored, so it cannot be stored anew. A page cannot keep ' +
        'OSS from compressing text on its way: make this call on a server. Elsewhere, check what stands between here and ' +
        'OSS, or use another transport.',
      { retryable: false },
    );
  }
  const before = stateOf(response, lenient);
  assertWholeObject(before);
  const place = { objectKey: sealedAs ?? key, context: askedContext, signal };
  const contentKey = await openObject(context.keys, fetched, onPlainObject, place);
  const query = { key, headers: {}, versionId: before.versionId, signal };
  const [acl, tagging] = await Promise.all([
    aclOf(transport, query, reencrypting.acl),
    taggingOf(transport, query, before),
  ]);
  const headers = {
    ...headersThat((name) => !isEnvelopeHeader(name), replacedHeaders(before)),
    ...uncarriedHeaders(before, acl),
    ...(tagging !== undefined && { 'x-oss-tagging': tagging }),
  };
  const { scheme } = formats[format];
  const writing: Writing = {
    context: { transport, format, scheme, keys: writingKeys(context.keys, format, encryption) },
    key,
    headers,
    contentMd5: format === 'sealed' ? undefined : recordedMd5(encryption),
    multipartThresholdBytes: largestInOneRequestBytes,
    partSizeBytes: reencrypting.partSizeBytes,
    concurrency: reencrypting.concurrency,
    checkpoint: undefined,
    sourceState: '',
    signal,
    onProgress: reencrypting.onProgress,
    beforeReplacing: () => assertUnchanged(context, { key, headers: {}, signal }, before),
  };
  const result = await writeObject(
    writing,
    openSource(readFetched(transport, fetched, contentKey), sizeBytes),
  );
  const previous = encryption.kind === 'plain' ? undefined : encryption.envelope;
  return {
    ...result,
    previousFormat: previous?.format ?? 'plain',
    previousKeys: previous === undefined ? [] : keysOf(previous),
    keys: keysOf(result.envelope),
    oldVersionsKeepTheOldKey: result.versionId !== undefined,
  };
}

/** S24: what is sealed keeps its context and its binding when it is sealed anew. */
function writingKeys(keys: ObjectKeys, format: FormatName, encryption: EnvelopeState): ObjectKeys {
  if (format !== 'sealed' || encryption.kind === 'plain' || encryption.envelope.format !== 'sealed') {
    return keys.writing({ format });
  }
  const { context, bound } = encryption.envelope;
  return keys.writing({ format, context, bound });
}

/**
 * The tags of an object as the header of a request has them (OSS documentation, "PutObject").
 *
 * @throws CapabilityMissingError when there are some, and the transport cannot ask for them
 */
async function taggingOf(
  transport: ObjectTransport,
  query: StateQuery,
  { headers }: ObjectState,
): Promise<string | undefined> {
  if (Number(headers['x-oss-tagging-count'] ?? 0) === 0) return undefined;
  if (transport.tags === undefined) {
    throw new CapabilityMissingError(
      'tags',
      'The object has tags, which have to be kept, and the transport cannot ask for them (its member `tags`). Use another ' +
        'transport.',
    );
  }
  const tags = Object.entries(await transport.tags(query));
  return tags.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
}

/**
 * OSS writes under no condition, so this is the last look before the object is replaced.
 *
 * @throws ObjectChangedError when the object is not what was read
 */
async function assertUnchanged(
  context: Pick<ReencryptingContext, 'lenient' | 'transport'>,
  query: StateQuery,
  before: ObjectState,
): Promise<void> {
  const now = await lookAt(context, query).catch((error: unknown) => {
    if (isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 404) return undefined;
    throw error;
  });
  if (now !== undefined && isUnchanged(before, now)) return;
  throw new ObjectChangedError(
    `Others have ${now === undefined ? 'deleted' : 'changed'} the object while it was being encrypted anew. It was left as ` +
      'they made it. Make the call again.',
  );
}
