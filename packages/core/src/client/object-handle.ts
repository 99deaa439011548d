import { type ContentKey, decryptFreeing } from '../cipher/content-cipher.js';
import { parseArgument } from '../errors/argument.js';
import { IntegrityError, OutOfRangeError, RangeNotSatisfiableError, ServiceError } from '../errors/errors.js';
import { assertByteRange, type ByteRange, resolveByteRange } from '../reading/byte-range.js';
import { DescribedObject, type ObjectInfo } from '../reading/object-info.js';
import {
  fetchObject,
  fetchRange,
  openObject,
  type ReadingContext,
  type ReadingOptions,
  readObject,
  releasedOnFailure,
} from '../reading/object-reading.js';
import { downloadParts, type RandomAccessSink } from '../reading/range-download.js';
import { joinChunks, streamOf } from '../writing/content.js';
import { type DownloadOptions, downloadOptionsSchema, type OpenOptions } from './bucket-options.js';

/** The opened object, as `openHandle` found it. */
interface Opened {
  readonly context: ReadingContext;
  readonly info: ObjectInfo & { readonly sizeBytes: number };
  readonly key: ContentKey | undefined;
  readonly options: OpenOptions;
  /** The first bytes of the plaintext, which came with the envelope. */
  readonly head: Uint8Array;
  /** The server's CRC-64 of the whole object, in decimal. */
  readonly crc64: string | undefined;
}

/**
 * An object opened for many reads: its envelope was read and its data key unwrapped once. Every read is of the object
 * as it was then; once it has been overwritten, reads throw IntegrityError.
 */
export class ObjectHandle extends DescribedObject {
  declare readonly sizeBytes: number;
  readonly #opened: Opened;

  constructor(opened: Opened) {
    super(opened.info);
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
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    for (const [argument, value] of Object.entries({ offsetBytes, lengthBytes })) {
      if (!Number.isSafeInteger(value) || value < 0) {
        throw new OutOfRangeError(argument, 'must be a whole number from 0 on');
      }
    }
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
    for await (const chunk of this.#read(range, options.signal, { transient: true })) {
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
  chunks(
    range?: ByteRange | undefined,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<Uint8Array> {
    if (range !== undefined) assertByteRange(range);
    if (this.sizeBytes === 0 && range === undefined) return noChunks();
    return this.#read(resolveByteRange(range ?? { offsetBytes: 0 }, this.sizeBytes), options.signal);
  }

  /** The plaintext of a range, or of all, as a web stream; see `chunks`. */
  stream(
    range?: ByteRange | undefined,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): ReadableStream<Uint8Array> {
    return streamOf(this.chunks(range, options)[Symbol.asyncIterator]());
  }

  /**
   * Downloads the whole plaintext in several ranges at once, in any order, and compares the CRC-64 of what came with
   * the server's. What `sink` was given is to be trusted only when the promise resolves.
   *
   * @throws IntegrityError when the object was overwritten, or the checksum differs; ServiceError, TransportError; what
   *   the sink throws
   */
  async download(sink: RandomAccessSink, options: DownloadOptions = {}): Promise<void> {
    const checked = parseArgument('options', options, downloadOptionsSchema);
    const { context, crc64 } = this.#opened;
    await downloadParts({
      sizeBytes: this.sizeBytes,
      crc64Operations: context.transport.crc64,
      expectedCrc64: crc64,
      read: (range, sum, signal) => this.#read(range, signal, { sum, transient: true }),
      sink,
      ...checked,
    });
  }

  /** The CRC-64 that these bytes of plaintext, which begin at `offsetBytes`, have as ciphertext. */
  async ciphertextCrc64(
    offsetBytes: number,
    plaintext: AsyncIterable<Uint8Array>,
  ): Promise<string | undefined> {
    const { context, key } = this.#opened;
    const sum = context.transport.crc64?.create();
    // In counter mode decryption is encryption.
    const ciphertext =
      key === undefined ? plaintext : decryptFreeing(plaintext, { ...key, offsetBytes }, { output: true });
    for await (const chunk of ciphertext) sum?.update(chunk);
    return sum?.digest();
  }

  async *#read(
    range: { readonly offsetBytes: number; readonly lengthBytes: number },
    signal: AbortSignal | undefined,
    readingOptions?: ReadingOptions | undefined,
  ): AsyncGenerator<Uint8Array> {
    const { context, key, options } = this.#opened;
    const versionId = options.versionId ?? this.versionId;
    // The envelope that comes along again is not read: the key is that of the object as it was opened.
    const fetched = await fetchRange(context, this.key, {
      headers: options.headers,
      versionId,
      range,
      // A version never changes; anything else is pinned by its ETag.
      ifMatch: versionId === undefined ? this.etag : undefined,
      signal,
    }).catch((error: unknown) => {
      if (error instanceof ServiceError && error.status === 412) throw overwritten();
      throw error;
    });
    const { plan, response } = fetched;
    await releasedOnFailure(response, async () => {
      if (response.headers.etag !== this.etag || plan.objectSizeBytes !== this.sizeBytes) throw overwritten();
    });
    yield* readObject(fetched, key, readingOptions);
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
  options: OpenOptions,
  onPlainObject: 'error' | 'pass',
): Promise<ObjectHandle> {
  const range = { offsetBytes: 0, lengthBytes: options.prefetchBytes ?? 64 * 1024 };
  const fetched = await fetchObject(context, key, { ...options, range }).catch(async (error: unknown) => {
    // An empty object has no first byte. Its envelope comes with a GET of all of it.
    if (error instanceof RangeNotSatisfiableError) return fetchObject(context, key, options);
    throw error;
  });
  const { info, response } = fetched;
  return releasedOnFailure(response, async () => {
    const { sizeBytes } = info;
    if (sizeBytes === undefined) {
      throw new IntegrityError(
        'The server does not say how long the object is, so it cannot be read in parts.',
      );
    }
    const contentKey = await openObject(context, info, onPlainObject, options.signal);
    const head = await joinChunks(readObject(fetched, contentKey));
    return new ObjectHandle({
      context,
      info: { ...info, sizeBytes },
      key: contentKey,
      options,
      head,
      crc64: response.headers['x-oss-hash-crc64ecma'],
    });
  });
}

async function* noChunks(): AsyncGenerator<Uint8Array> {}

function overwritten(): IntegrityError {
  return new IntegrityError(
    'The object has been overwritten since it was opened. Open it again, and read it from the start.',
  );
}
