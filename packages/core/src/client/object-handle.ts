import { assertObjectKey } from '../adapter/object-key.js';
import type { ContentKey, ContentScheme } from '../cipher/content-scheme.js';
import {
  assertByteRange,
  type ByteRange,
  type PlaintextRange,
  resolveByteRange,
} from '../cipher/plaintext-range.js';
import type { DownloadResponse, Headers } from '../contract/object-transport.js';
import { formats } from '../envelope/formats.js';
import { alsoEncrypting } from '../envelope/key-opening.js';
import {
  describedCall,
  describedIterator,
  describeError,
  type ObjectCall,
} from '../errors/described-error.js';
import {
  IntegrityError,
  isOssEnvelopeError,
  type ObjectOperation,
  OutOfRangeError,
  TransportError,
} from '../errors/errors.js';
import { type ContentReadingOptions, type PlannedContent, readContent } from '../reading/content-reading.js';
import { describeObject, type ObjectInfo } from '../reading/object-info.js';
import {
  type FetchedObject,
  fetchObject,
  fetchRange,
  isBeyondEnd,
  openObject,
  readFetched,
  releasedOnFailure,
} from '../reading/object-reading.js';
import { downloadRanges, type RandomAccessSink } from '../reading/range-download.js';
import type { OnPlainObject, ReadingContext } from '../reading/reading-context.js';
import { joinChunks } from '../stream/join-chunks.js';
import { steadyProgress } from '../stream/progress.js';
import { streamOf } from '../stream/web-stream.js';
import { EncryptedBody } from '../writing/encrypted-body.js';
import { callHeaders, readHeaders } from './call-headers.js';
import { DescribedObject } from './described-object.js';
import { downloadOptionsSchema, openOptionsSchema } from './handle-option-checks.js';
import { parseArgument } from './option-parsing.js';
import type { DownloadOptions, OpenOptions } from './option-types.js';

/** The opened object, as `openHandle` found it. */
interface Opened {
  readonly context: ReadingContext;
  /** The name of the bucket, for error messages. */
  readonly bucket: string | undefined;
  readonly info: ObjectInfo & { readonly sizeBytes: number; readonly storedSizeBytes: number };
  readonly scheme: ContentScheme;
  readonly key: ContentKey | undefined;
  /** Sent with every read. */
  readonly headers: Headers;
  /** What must be the same in every answer: the wrapped key. */
  readonly wrappedKey: string | undefined;
  /** The first bytes of the plaintext, which came with the envelope. */
  readonly head: Uint8Array;
  /** The server's CRC-64 of the whole stored body, in decimal. */
  readonly crc64: string | undefined;
}

/** Options of a read through a handle. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * An object opened for many reads. Its envelope was read and its data key unwrapped once. Every read gives the object
 * as it was then. Once somebody has overwritten it, reads throw IntegrityError.
 *
 * @example
 * const video = await bucket.open('video.mp4');
 * const index = await video.read(video.sizeBytes - 100, 100);
 * index.length; // => 100
 * for await (const chunk of video.chunks({ offsetBytes: 500_000 })) console.log(chunk.length);
 */
export class ObjectHandle<Authenticated extends boolean = boolean> extends DescribedObject<Authenticated> {
  declare readonly sizeBytes: number;
  declare readonly storedSizeBytes: number;
  readonly #opened: Opened;

  constructor(opened: Opened, authenticated: Authenticated) {
    super(opened.info, authenticated);
    this.#opened = opened;
  }

  /**
   * Up to `lengthBytes` of the plaintext from `offsetBytes` on: fewer where the object ends, none beyond its end. The
   * object's first bytes came with its envelope, and are not asked for again.
   *
   * @throws OutOfRangeError for a negative or broken number
   * @throws IntegrityError when the object has been overwritten; ServiceError, TransportError
   */
  async read(
    offsetBytes: number,
    lengthBytes: number,
    options: ReadOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return describedCall(this.#callOf('read', options), () =>
      this.#readBytes(offsetBytes, lengthBytes, options),
    );
  }

  async #readBytes(
    offsetBytes: number,
    lengthBytes: number,
    options: ReadOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    assertWholeNumber('offsetBytes', offsetBytes);
    assertWholeNumber('lengthBytes', lengthBytes);
    const end = Math.min(offsetBytes + lengthBytes, this.sizeBytes);
    const bytes = new Uint8Array(Math.max(0, end - offsetBytes));
    if (bytes.length === 0) return bytes;
    const { head } = this.#opened;
    if (end <= head.length) {
      bytes.set(head.subarray(offsetBytes, end));
      return bytes;
    }
    let filled = 0;
    const range = { offsetBytes, lengthBytes: bytes.length };
    const content = await this.#fetch(range, options.signal);
    for await (const chunk of readContent(content, { transient: true })) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return bytes;
  }

  /**
   * The plaintext of a range, or of all, as chunks. The request is made when the first chunk is asked for.
   *
   * @throws InvalidArgumentError, OutOfRangeError, RangeNotSatisfiableError for the range; then as `read`
   */
  chunks(range?: ByteRange | undefined, options: ReadOptions = {}): AsyncIterable<Uint8Array> {
    const call = this.#callOf('read', options);
    try {
      if (range !== undefined) assertByteRange(range);
      if (this.sizeBytes === 0 && range === undefined) return noChunks();
      const resolved = resolveByteRange(range ?? { offsetBytes: 0 }, this.sizeBytes);
      const chunks = this.#read(resolved, options.signal);
      return { [Symbol.asyncIterator]: () => describedIterator(call, chunks) };
    } catch (error) {
      throw describeError(error, call);
    }
  }

  /** The plaintext of a range, or of all, as a web stream; see `chunks`. */
  stream(range?: ByteRange | undefined, options: ReadOptions = {}): ReadableStream<Uint8Array> {
    return streamOf(this.chunks(range, options)[Symbol.asyncIterator]());
  }

  /**
   * Downloads the whole plaintext in several ranges at once, in any order, and compares the CRC-64 of what came with
   * the server's. Trust what `sink` was given only when the promise has resolved.
   *
   * @throws IntegrityError when the object was overwritten, or the checksum differs; ServiceError, TransportError; what
   *   the sink throws
   */
  async download(sink: RandomAccessSink, options: DownloadOptions = {}): Promise<void> {
    return describedCall(this.#callOf('download', options), () => this.#download(sink, options));
  }

  async #download(sink: RandomAccessSink, options: DownloadOptions): Promise<void> {
    const checked = parseArgument('options', options, downloadOptionsSchema);
    const { context, crc64, scheme } = this.#opened;
    const { transport } = context;
    await downloadRanges({
      scheme,
      sizeBytes: this.sizeBytes,
      storedSizeBytes: this.storedSizeBytes,
      crc64Operations: transport.crc64,
      retry: transport.retry,
      expectedCrc64: crc64,
      read: (range, sum, signal) => this.#read(range, signal, { sum, transient: true }),
      sink,
      ...checked,
      onProgress: steadyProgress(checked.onProgress)?.onProgress,
    });
  }

  /**
   * The CRC-64 that a range of plaintext, one of `planRanges`, has as it is stored; undefined where no sums are made.
   *
   * @internal
   */
  async storedCrc64(
    range: PlaintextRange,
    plaintext: AsyncIterable<Uint8Array>,
  ): Promise<string | undefined> {
    const { context, key, scheme } = this.#opened;
    const sum = context.transport.crc64?.create();
    if (sum === undefined) return undefined;
    const { offsetBytes, lengthBytes } = range;
    const endsContent = offsetBytes + lengthBytes >= this.sizeBytes;
    const stored =
      key === undefined
        ? plaintext
        : new EncryptedBody(plaintext, {
            encryptor: scheme.encryptor(await alsoEncrypting(key), { offsetBytes, endsContent }),
            takenInTurn: true,
          }).chunks;
    for await (const chunk of stored) sum.update(chunk);
    return sum.digest();
  }

  /** @internal */
  get scheme(): ContentScheme {
    return this.#opened.scheme;
  }

  #callOf(operation: ObjectOperation, { signal }: ReadOptions): ObjectCall {
    return { operation, key: this.key, bucket: this.#opened.bucket, signal };
  }

  async *#read(
    range: PlaintextRange,
    signal: AbortSignal | undefined,
    options?: ContentReadingOptions | undefined,
  ): AsyncGenerator<Uint8Array> {
    yield* readContent(await this.#fetch(range, signal), options);
  }

  /** Asks for a range of the object as it was opened. */
  async #fetch(range: PlaintextRange, signal: AbortSignal | undefined): Promise<PlannedContent> {
    const { context, key, scheme, headers } = this.#opened;
    const { versionId } = this;
    // A version never changes; anything else is pinned by its ETag.
    const pinned = versionId === undefined && this.etag !== undefined ? { 'if-match': this.etag } : {};
    const query = {
      key: this.key,
      headers: { ...headers, ...pinned },
      versionId,
      range,
      scheme,
      storedSizeBytes: this.storedSizeBytes,
      signal,
    };
    const { plan, response } = await fetchRange(context.transport, query).catch((error: unknown) => {
      throw isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 412 ? overwritten() : error;
    });
    try {
      this.#assertSame(response, plan.storedSizeBytes);
    } catch (error) {
      await response.cancel();
      throw error;
    }
    return { response, plan, scheme, key };
  }

  /** Each answer has the envelope again. It is not opened again: the key stays the one that `open` unwrapped. */
  #assertSame({ headers }: DownloadResponse, storedSizeBytes: number | undefined): void {
    if (
      headers.etag !== this.etag ||
      storedSizeBytes !== this.storedSizeBytes ||
      wrappedKeyText(this, headers) !== this.#opened.wrappedKey
    ) {
      throw overwritten();
    }
  }
}

/**
 * Opens an object by the GET of its first bytes, which brings the envelope along.
 *
 * @throws as `fetchObject` and `openObject`
 */
export async function openHandle(
  context: ReadingContext,
  key: string,
  given: OpenOptions,
  onPlainObjects: OnPlainObject,
): Promise<ObjectHandle<true> | ObjectHandle<false>> {
  assertObjectKey(key);
  const options = parseArgument('options', given, openOptionsSchema);
  const { signal, versionId, onPlainObject = onPlainObjects } = options;
  signal?.throwIfAborted();
  const query = { key, headers: readHeaders(options), versionId, signal };
  const range = { offsetBytes: 0, lengthBytes: options.prefetchBytes ?? 64 * 1024 };
  const fetched = await fetchObject(context, { ...query, range }).catch(async (error: unknown) => {
    // An empty object has no first byte. Its envelope comes with a GET of all of it.
    if (isBeyondEnd(error)) return fetchObject(context, query);
    throw error;
  });
  return releasedOnFailure(fetched.response, () => handleOf(context, key, options, onPlainObject, fetched));
}

async function handleOf(
  context: ReadingContext,
  key: string,
  options: OpenOptions,
  onPlainObject: OnPlainObject,
  fetched: FetchedObject,
): Promise<ObjectHandle<true> | ObjectHandle<false>> {
  const { response, plan, encryption, scheme } = fetched;
  const info = describeObject(key, response, encryption, plan);
  const { sizeBytes, storedSizeBytes } = info;
  if (sizeBytes === undefined || storedSizeBytes === undefined) {
    throw new IntegrityError(
      'The server does not say how long the object is, so it cannot be read in parts.',
    );
  }
  const versionId = options.versionId ?? info.versionId;
  if (info.etag === undefined && versionId === undefined) {
    throw new TransportError(
      'The answer has neither an ETag nor a version id, so reads could not be held to one state of the object. In a ' +
        "browser, expose the header ETag in the bucket's CORS rules.",
      { retryable: false },
    );
  }
  const place = { objectKey: options.sealedAs ?? key, context: options.context, signal: options.signal };
  const contentKey = await openObject(context.keys, fetched, onPlainObject, place);
  const authenticated = contentKey !== undefined && scheme.authenticates;
  const handle = new ObjectHandle(
    {
      context,
      bucket: context.transport.bucketName,
      info: { ...info, sizeBytes, storedSizeBytes, versionId, sizeIsProven: authenticated },
      scheme,
      key: contentKey,
      headers: callHeaders(options.headers),
      wrappedKey: wrappedKeyText(info, response.headers),
      head: await joinChunks(readFetched(context.transport, fetched, contentKey)),
      crc64: response.headers['x-oss-hash-crc64ecma'],
    },
    authenticated,
  );
  // S7: the last chunk proves the size. It may have come with the first bytes.
  if (authenticated && !plan.frame.endsBody) {
    for await (const _ of handle.chunks({ lastBytes: 1 }, { signal: options.signal }));
  }
  return handle as ObjectHandle<true> | ObjectHandle<false>;
}

function wrappedKeyText(
  { encryption }: Pick<ObjectInfo, 'encryption'>,
  headers: Headers,
): string | undefined {
  return encryption.kind === 'plain' ? undefined : headers[formats[encryption.envelope.format].keyHeader];
}

function assertWholeNumber(argument: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new OutOfRangeError(argument, 'must be a whole number from 0 on');
}

async function* noChunks(): AsyncGenerator<Uint8Array> {}

function overwritten(): IntegrityError {
  return new IntegrityError(
    'The object has been overwritten since it was opened. Open it again, and read it from the start.',
  );
}
