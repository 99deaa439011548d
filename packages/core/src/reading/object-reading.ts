import { type ContentKey, decryptFreeing } from '../cipher/content-cipher.js';
import type { HeadOptions } from '../client/bucket-options.js';
import type { KeyProvider } from '../contract/key-provider.js';
import type { DownloadResponse, ObjectTransport, RunningCrc64 } from '../contract/object-transport.js';
import { openContentKey } from '../envelope/content-key.js';
import {
  IntegrityError,
  MissingEnvelopeError,
  RangeNotSatisfiableError,
  ServiceError,
} from '../errors/errors.js';
import { type ByteRange, formatByteRange, planRead, type ReadPlan } from './byte-range.js';
import { readPlanned } from './content-reading.js';
import { type ObjectInfo, parseObjectInfo } from './object-info.js';

/** What a bucket reads with. */
export interface ReadingContext {
  readonly transport: ObjectTransport;
  /** In the order in which they are considered. */
  readonly providers: readonly KeyProvider[];
  readonly onUnknownDescription: 'error' | 'use-provider';
  readonly lenient: boolean;
}

/** A response and where in the object its body lies. The body is still to come, and must be read or cancelled. */
export interface FetchedRange {
  readonly plan: ReadPlan;
  readonly response: DownloadResponse;
}

/** A response whose head was read. */
export interface FetchedObject extends FetchedRange {
  readonly info: ObjectInfo;
}

/** The headers of a caller's conditions, and of those given as such, names in lower case. */
export function conditionHeaders(options: HeadOptions): Record<string, string> {
  const headers = lowerCasedNames(options.headers);
  if (options.ifMatch !== undefined) headers['if-match'] = options.ifMatch;
  if (options.ifNoneMatch !== undefined) headers['if-none-match'] = options.ifNoneMatch;
  if (options.ifModifiedSince) headers['if-modified-since'] = options.ifModifiedSince.toUTCString();
  if (options.ifUnmodifiedSince) headers['if-unmodified-since'] = options.ifUnmodifiedSince.toUTCString();
  return headers;
}

/** Headers with their names in lower case. */
export function lowerCasedNames(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

type FetchOptions = HeadOptions & { readonly range?: ByteRange | undefined };

/**
 * Fetches an object or a range of it, and reads the response's head.
 *
 * @throws MalformedEnvelopeError, AlgorithmNotSupportedError, and as `fetchRange`; the connection is then released
 */
export async function fetchObject(
  context: ReadingContext,
  key: string,
  options: FetchOptions,
): Promise<FetchedObject> {
  const fetched = await fetchRange(context, key, options);
  const { plan, response } = fetched;
  return releasedOnFailure(response, async () => {
    const info = parseObjectInfo(key, response, plan.objectSizeBytes, { lenient: context.lenient });
    return { ...fetched, info };
  });
}

/**
 * Fetches an object or a range of it, whatever the object is.
 *
 * @throws RangeNotSatisfiableError, IntegrityError, ServiceError, TransportError; the connection is then released
 */
export async function fetchRange(
  context: Pick<ReadingContext, 'transport'>,
  key: string,
  options: FetchOptions,
): Promise<FetchedRange> {
  const headers = conditionHeaders(options);
  if (options.range !== undefined) {
    headers.range = formatByteRange(options.range);
    // Without it OSS answers an impossible range with the whole object.
    headers['x-oss-range-behavior'] = 'standard';
  }
  const { versionId, signal } = options;
  const response = await context.transport
    .get({ key, headers, versionId, signal })
    .catch((error: unknown) => {
      if (!(error instanceof ServiceError && error.status === 416)) throw error;
      throw new RangeNotSatisfiableError(
        'The range begins at or beyond the end of the object. Ask for less.',
      );
    });
  return releasedOnFailure(response, async () => ({ plan: planRead(options.range, response), response }));
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
 * @throws NoMatchingKeyError, KeyUnwrapError, MasterKeyError, MalformedEnvelopeError, ServiceError, TransportError
 */
export async function openObject(
  context: ReadingContext,
  info: ObjectInfo,
  onPlainObject: 'error' | 'pass',
  signal: AbortSignal | undefined,
): Promise<ContentKey | undefined> {
  if (info.encryption.kind === 'plain') {
    if (onPlainObject === 'pass') return undefined;
    throw new MissingEnvelopeError(
      "The object is not encrypted: it carries no envelope. If that is expected, allow it with onPlainObject: 'pass'.",
    );
  }
  const { envelope } = info.encryption;
  const recorded = envelope.contentSizeBytes;
  if (recorded !== undefined && info.sizeBytes !== undefined && recorded !== info.sizeBytes) {
    throw new IntegrityError(
      `The object has ${info.sizeBytes} bytes, but its envelope records ${recorded}: it was cut, extended or mixed up. ` +
        'Restore it from a copy.',
    );
  }
  const { onUnknownDescription } = context;
  return openContentKey(envelope, context.providers, { onUnknownDescription, signal });
}

/** How the content of a response is read. */
export interface ReadingOptions {
  /** The stored bytes are added to it. */
  readonly sum?: RunningCrc64 | undefined;
  /** Whether a chunk need only be there until the next one is asked for. */
  readonly transient?: boolean | undefined;
}

/** The asked bytes of a response, decrypted as they are read; those of a plain object as they are. */
export function readObject(
  { response, plan }: FetchedRange,
  key: ContentKey | undefined,
  { sum, transient = false }: ReadingOptions = {},
): AsyncIterable<Uint8Array> {
  const planned = readPlanned(response, plan);
  const stored = sum === undefined ? planned : summed(planned, sum);
  if (key === undefined) return stored;
  const offsetBytes = plan.bodyOffsetBytes + plan.skipBytes;
  return decryptFreeing(
    stored,
    { ...key, offsetBytes },
    { input: response.chunksAreOwned, output: transient },
  );
}

async function* summed(chunks: AsyncIterable<Uint8Array>, sum: RunningCrc64): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    sum.update(chunk);
    yield chunk;
  }
}
