import { type ContentKey, type ContentScheme, frameOfRange } from '../cipher/content-scheme.js';
import { counterMode } from '../cipher/counter-mode.js';
import type { ByteRange, PlaintextRange } from '../cipher/plaintext-range.js';
import type { DownloadResponse, Headers } from '../contract/object-transport.js';
import { assertContext } from '../envelope/context-check.js';
import type { ObjectPlace } from '../envelope/created-key.js';
import { type EnvelopeState, recordedMd5, recordedSize } from '../envelope/envelope.js';
import { formats } from '../envelope/formats.js';
import { openObjectKey } from '../envelope/key-opening.js';
import type { ObjectKeys } from '../envelope/object-keys.js';
import { isOssEnvelopeError, MissingEnvelopeError, RangeNotSatisfiableError } from '../errors/errors.js';
import { answeredEnvelope } from './answered-envelope.js';
import {
  type ContentReadingOptions,
  type PlannedContent,
  readContent,
  wrongRecordedSize,
} from './content-reading.js';
import {
  formatFrameHeader,
  formatRangeHeader,
  otherPartSent,
  placeOfBody,
  planRead,
  type ReadPlan,
} from './read-plan.js';
import type { OnPlainObject, ReadingContext, ReadingTransport } from './reading-context.js';

/** A GET, its headers checked. */
export interface ObjectQuery {
  readonly key: string;
  /** Conditions and other headers, names in lower case. */
  readonly headers: Headers;
  readonly versionId?: string | undefined;
  readonly range?: ByteRange | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose head was read. The body is still to come, and must be read or cancelled. */
export interface FetchedObject {
  readonly response: DownloadResponse;
  readonly plan: ReadPlan;
  readonly encryption: EnvelopeState;
  readonly scheme: ContentScheme;
}

/** How the content of an object is stored; a plain one like counter mode, byte for byte. */
export function schemeOf(encryption: EnvelopeState): ContentScheme {
  return encryption.kind === 'plain' ? counterMode : formats[encryption.envelope.format].scheme;
}

/**
 * Fetches an object or a range of it, and reads the head of the answer. When the object is stored in another way than
 * expected, and the answer lacks bytes that the range needs, it is fetched once more.
 *
 * @param beyondEnd - is told that the range begins behind the end of an object whose end can be verified, and throws
 * @throws MalformedEnvelopeError, AlgorithmNotSupportedError, RangeNotSatisfiableError, IntegrityError, ServiceError,
 *   TransportError; the connection is then released
 */
export async function fetchObject(
  context: Pick<ReadingContext, 'transport' | 'lenient' | 'likelyScheme'>,
  query: ObjectQuery,
  beyondEnd: (failure: unknown, scheme: ContentScheme) => Promise<never> = (failure) =>
    Promise.reject(failure),
): Promise<FetchedObject> {
  const { likelyScheme } = context;
  const refused = (failure: unknown, scheme: ContentScheme): Promise<never> =>
    scheme.authenticates ? beyondEnd(failure, scheme) : Promise.reject(failure);
  let scheme: ContentScheme;
  try {
    const fetched = await tryFetch(context, query, likelyScheme);
    if ('plan' in fetched) return fetched;
    scheme = fetched.scheme;
  } catch (error) {
    if (!isBeyondEnd(error)) throw error;
    // The bytes that were asked for may lie behind the end of what another scheme stores.
    scheme = isOnlyScheme(likelyScheme) ? likelyScheme : await storedScheme(context, query);
    if (scheme === likelyScheme) return refused(error, scheme);
  }
  const again = await tryFetch(context, query, scheme).catch((error: unknown) =>
    isBeyondEnd(error) ? refused(error, scheme) : Promise.reject(error),
  );
  if ('plan' in again) return again;
  throw otherPartSent();
}

/** Whether a read failed because its range begins behind the end. */
export const isBeyondEnd = (error: unknown): boolean =>
  isOssEnvelopeError(error, 'ERR_RANGE_NOT_SATISFIABLE');

/** Whether every object is stored by this scheme: a plain one is stored like counter mode. */
function isOnlyScheme(scheme: ContentScheme): boolean {
  return scheme === counterMode && Object.values(formats).every((row) => row.scheme === scheme);
}

/** How an object is stored, by its HEAD. */
async function storedScheme(
  { transport, lenient }: Pick<ReadingContext, 'transport' | 'lenient'>,
  { key, headers, versionId, signal }: ObjectQuery,
): Promise<ContentScheme> {
  const response = await transport.head({ key, headers, versionId, signal });
  return schemeOf(answeredEnvelope(response, lenient));
}

/** One GET. Without a plan, the answer lacked bytes of an object that is stored by another scheme than `asked`. */
async function tryFetch(
  context: Pick<ReadingContext, 'transport' | 'lenient'>,
  query: ObjectQuery,
  asked: ContentScheme,
): Promise<FetchedObject | { readonly scheme: ContentScheme }> {
  const header = query.range && formatRangeHeader(asked, query.range);
  const response = await request(context.transport, query, header);
  try {
    const encryption = answeredEnvelope(response, context.lenient);
    const scheme = schemeOf(encryption);
    const plan = planRead(scheme, query.range, placeOfBody(response));
    if (plan !== undefined) return { response, plan, encryption, scheme };
    if (scheme === asked) throw otherPartSent();
    await response.cancel();
    return { scheme };
  } catch (error) {
    await response.cancel();
    throw error;
  }
}

/** A GET of a range of an object whose scheme and size are known. */
export interface RangeQuery extends ObjectQuery {
  readonly range: PlaintextRange;
  readonly scheme: ContentScheme;
  readonly storedSizeBytes: number;
}

/**
 * Fetches a range of an object that is stored by a known scheme, whatever its metadata say now.
 *
 * @throws RangeNotSatisfiableError, IntegrityError, ServiceError, TransportError; the connection is then released
 */
export async function fetchRange(
  transport: ReadingTransport,
  query: RangeQuery,
): Promise<{ readonly response: DownloadResponse; readonly plan: ReadPlan }> {
  const { scheme, range, storedSizeBytes } = query;
  const header = formatFrameHeader(frameOfRange(scheme, range, storedSizeBytes));
  const response = await request(transport, query, header);
  try {
    const plan = planRead(scheme, query.range, placeOfBody(response));
    if (plan === undefined) throw otherPartSent();
    return { response, plan };
  } catch (error) {
    await response.cancel();
    throw error;
  }
}

async function request(
  transport: ReadingTransport,
  { key, headers, versionId, signal }: ObjectQuery,
  range: string | undefined,
): Promise<DownloadResponse> {
  // Without the second one OSS answers an impossible range with the whole object. Not as members behind a spread, which
  // Node 20 defines slowly.
  const asked =
    range === undefined ? headers : Object.assign({}, headers, { range, 'x-oss-range-behavior': 'standard' });
  try {
    return await transport.get({ key, headers: asked, versionId, signal });
  } catch (error) {
    if (!(isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 416)) throw error;
    throw new RangeNotSatisfiableError('The range begins at or beyond the end of the object. Ask for less.');
  }
}

/** What `work` gives; when it fails, the response's connection is released. */
export async function releasedOnFailure<T>(response: DownloadResponse, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await response.cancel();
    throw error;
  }
}

/**
 * The key of an object's content, or undefined for a plain one that is let through.
 *
 * @throws MissingEnvelopeError for a plain one that is not
 * @throws IntegrityError when the object does not have the size that its envelope records
 * @throws FormatNotAllowedError, ObjectMismatchError, NoMatchingKeyError, KeyUnwrapError, MasterKeyError,
 *   MalformedEnvelopeError, ServiceError, TransportError
 */
export async function openObject(
  keys: ObjectKeys,
  { encryption, plan }: Pick<FetchedObject, 'encryption' | 'plan'>,
  onPlainObject: OnPlainObject,
  place: ObjectPlace,
): Promise<ContentKey | undefined> {
  if (encryption.kind === 'plain') {
    if (onPlainObject === 'pass') {
      assertContext({}, place.context ?? {});
      return undefined;
    }
    throw new MissingEnvelopeError(
      'The object is not encrypted: it carries no envelope. If that is expected, allow it with onPlainObject: ' +
        "'pass'. In a browser, check first that the bucket's CORS rule exposes the envelope (the constant exposedHeaders).",
    );
  }
  const recorded = recordedSize(encryption);
  if (recorded !== undefined && plan.sizeBytes !== undefined && recorded !== plan.sizeBytes) {
    throw wrongRecordedSize(plan.sizeBytes, recorded);
  }
  return openObjectKey(keys, encryption.envelope, place);
}

/**
 * The asked plaintext of a fetched object, with all checks that a read of the whole allows: the server's CRC-64, the
 * recorded size, the recorded MD5.
 */
export function readFetched(
  transport: ReadingTransport,
  fetched: FetchedObject,
  key: ContentKey | undefined,
  options: Pick<ContentReadingOptions, 'progress' | 'transient'> = {},
): AsyncIterable<Uint8Array> {
  const { response, plan, encryption, scheme } = fetched;
  const planned: PlannedContent = { response, plan, scheme, key };
  // A range that happens to be the whole object is read by a 200 too, when the server ignored the range.
  const isWholeBody = plan.frame.storedOffsetBytes === 0 && plan.frame.endsBody;
  if (!isWholeBody) return readContent(planned, options);
  // The whole body may have been needed for a range within its only unit.
  const isWholeContent = plan.frame.dropBytes === 0 && plan.frame.takeBytes === plan.sizeBytes;
  // OSS gives the sum of the stored object. What a runtime has decoded of a plain object is not that any more.
  const expectedCrc64 =
    key === undefined && response.isDecoded ? undefined : response.headers['x-oss-hash-crc64ecma'];
  return readContent(planned, {
    progress: options.progress,
    transient: options.transient,
    sum: expectedCrc64 === undefined ? undefined : transport.crc64?.create(),
    expectedCrc64,
    expectedMd5: isWholeContent ? recordedMd5(encryption) : undefined,
    recordedSizeBytes: isWholeContent ? recordedSize(encryption) : undefined,
  });
}
