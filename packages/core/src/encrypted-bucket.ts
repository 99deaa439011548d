import { parseArgument } from './argument.js';
import {
  bucketOptionsSchema,
  type DeleteOptions,
  deleteOptionsSchema,
  type EncryptedBucketOptions,
  type GetOptions,
  getOptionsSchema,
  type HeadOptions,
  headOptionsSchema,
  type PutOptions,
  putOptionsSchema,
} from './bucket-options.js';
import { assertByteRange, formatByteRange, planRead, type ReadPlan } from './byte-range.js';
import { type Content, openContent, releaseContent } from './content.js';
import { type ContentKey, decryptContent, encryptBytes, encryptContent } from './content-cipher.js';
import { createContentKey, openContentKey } from './content-key.js';
import { readPlanned, verifyMd5 } from './content-reading.js';
import { EncryptedObject } from './encrypted-object.js';
import { type Envelope, formatEnvelope } from './envelope.js';
import { IntegrityError, MissingEnvelopeError, RangeNotSatisfiableError, ServiceError } from './errors.js';
import { type ObjectInfo, parseObjectInfo } from './object-info.js';
import { assertObjectKey } from './object-key.js';
import type { DownloadResponse, UploadBody } from './object-transport.js';
import { type OnProgress, reportProgress } from './progress.js';
import { assertMetadataSize, formatUserMetadata } from './user-metadata.js';

/** What was stored. */
export interface PutResult {
  readonly envelope: Envelope;
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly requestId: string | undefined;
}

/** Content up to this size is encrypted in memory before it is sent, so that a transport can send it again. */
const maxBufferedBytes = 4 * 1024 * 1024;

/**
 * A bucket of OSS whose objects are encrypted before they leave this machine, each under a data key of its own that is
 * kept, wrapped by a master key, in the object's metadata.
 *
 * @example
 * const bucket = new EncryptedBucket({
 *   transport: aliOssTransport(new OSS({ region, accessKeyId, accessKeySecret, bucket: 'photos' })),
 *   provider: rsaProvider({ publicKey, privateKey }),
 *   format: 'oss-crypto',
 * });
 * await bucket.put('motto.txt', 'seize the day');
 * await (await bucket.get('motto.txt')).text();
 */
export class EncryptedBucket {
  readonly #options: EncryptedBucketOptions;

  /** @throws InvalidArgumentError that names the option which is missing or wrong */
  constructor(options: EncryptedBucketOptions) {
    this.#options = parseArgument('options', options, bucketOptionsSchema);
  }

  /**
   * Encrypts `content` and stores it as the object `key`, in one request. An object is there only when the call has
   * succeeded; after a failure a stream that was given as content is destroyed.
   *
   * @throws InvalidArgumentError or OutOfRangeError for arguments that cannot be used; nothing was sent then
   * @throws MasterKeyError, ServiceError, TransportError, IntegrityError; and whatever a content stream throws
   */
  async put(key: string, content: Content, options: PutOptions = {}): Promise<PutResult> {
    try {
      assertObjectKey(key);
      const checked = parseArgument('options', options, putOptionsSchema);
      const plain = openContent(content, checked.sizeBytes);
      const metadata = formatUserMetadata(checked.metadata ?? {});
      checked.signal?.throwIfAborted();

      const sizeBytes = plain.kind === 'bytes' ? plain.bytes.length : plain.sizeBytes;
      const { provider, format, randomBytes } = this.#options;
      const { envelope, contentKey } = await createContentKey(provider, format, {
        randomBytes,
        contentSizeBytes: sizeBytes,
        contentMd5: checked.contentMd5,
        signal: checked.signal,
      });
      const headers: Record<string, string> = {
        ...lowerCased(checked.headers),
        ...metadata,
        ...formatEnvelope(envelope),
        'content-type': checked.contentType ?? 'application/octet-stream',
      };
      if (checked.forbidOverwrite) headers['x-oss-forbid-overwrite'] = 'true';
      assertMetadataSize(headers);

      const body = await encryptBody(plain, contentKey, checked.onProgress);
      const response = await this.#options.transport.put({ key, body, headers, signal: checked.signal });
      if (body.kind === 'bytes')
        checked.onProgress?.({ transferredBytes: body.bytes.length, totalBytes: sizeBytes });
      return {
        envelope,
        etag: response.headers.etag,
        versionId: response.headers['x-oss-version-id'],
        requestId: response.headers['x-oss-request-id'],
      };
    } catch (error) {
      releaseContent(content, error);
      throw error;
    }
  }

  /**
   * Fetches the object `key`, or a range of it, and opens its envelope. The content is decrypted as it is read.
   *
   * @throws MissingEnvelopeError for an object that is not encrypted, unless `onPlainObject` is `'pass'`
   * @throws MalformedEnvelopeError, AlgorithmNotSupportedError, NoMatchingKeyError, KeyUnwrapError, MasterKeyError
   * @throws RangeNotSatisfiableError, ServiceError, TransportError, IntegrityError
   */
  async get(key: string, options: GetOptions = {}): Promise<EncryptedObject> {
    assertObjectKey(key);
    const checked = parseArgument('options', options, getOptionsSchema);
    if (checked.range !== undefined) assertByteRange(checked.range);
    checked.signal?.throwIfAborted();
    const response = await this.#fetch(key, checked);
    try {
      const plan = planRead(checked.range, response);
      const info = parseObjectInfo(key, response, plan.objectSizeBytes, { lenient: this.#options.lenient });
      let chunks: AsyncIterable<Uint8Array> = readPlanned(response, plan);
      if (info.encryption.kind === 'enveloped') {
        chunks = await this.#decrypt(chunks, info.encryption.envelope, plan, checked);
      } else if ((checked.onPlainObject ?? this.#options.onPlainObject) !== 'pass') {
        throw new MissingEnvelopeError(
          "The object is not encrypted: it carries no envelope. If that is expected, allow it with onPlainObject: 'pass'.",
        );
      }
      return new EncryptedObject(info, {
        chunks: checked.onProgress ? reportProgress(chunks, plan.takeBytes, checked.onProgress) : chunks,
        sizeBytes: plan.takeBytes,
        offsetBytes: plan.bodyOffsetBytes + plan.skipBytes,
        cancel: () => response.cancel(),
      });
    } catch (error) {
      await response.cancel();
      throw error;
    }
  }

  /**
   * What is known of the object `key` without its content. No key is unwrapped.
   *
   * @throws MalformedEnvelopeError, AlgorithmNotSupportedError, ServiceError, TransportError
   */
  async head(key: string, options: HeadOptions = {}): Promise<ObjectInfo> {
    assertObjectKey(key);
    const { signal, versionId, ...checked } = parseArgument('options', options, headOptionsSchema);
    signal?.throwIfAborted();
    const headers = conditionHeaders(checked);
    const response = await this.#options.transport.head({ key, headers, versionId, signal });
    const plan = planRead(undefined, response);
    return parseObjectInfo(key, response, plan.objectSizeBytes, { lenient: this.#options.lenient });
  }

  /**
   * Deletes the object `key`; it succeeds when there is none.
   *
   * @throws ServiceError, TransportError
   */
  async delete(key: string, options: DeleteOptions = {}): Promise<void> {
    assertObjectKey(key);
    const { signal, versionId, headers } = parseArgument('options', options, deleteOptionsSchema);
    signal?.throwIfAborted();
    await this.#options.transport.delete({ key, headers: lowerCased(headers), versionId, signal });
  }

  async #fetch(key: string, options: GetOptions): Promise<DownloadResponse> {
    const headers = conditionHeaders(options);
    if (options.range !== undefined) {
      headers.range = formatByteRange(options.range);
      // Without it OSS answers an impossible range with the whole object.
      headers['x-oss-range-behavior'] = 'standard';
    }
    try {
      const { versionId, signal } = options;
      return await this.#options.transport.get({ key, headers, versionId, signal });
    } catch (error) {
      if (error instanceof ServiceError && error.status === 416) {
        throw new RangeNotSatisfiableError(
          'The range begins at or beyond the end of the object. Ask for less.',
        );
      }
      throw error;
    }
  }

  async #decrypt(
    chunks: AsyncIterable<Uint8Array>,
    envelope: Envelope,
    plan: ReadPlan,
    options: GetOptions,
  ): Promise<AsyncIterable<Uint8Array>> {
    const recorded = envelope.contentSizeBytes;
    if (recorded !== undefined && plan.objectSizeBytes !== undefined && recorded !== plan.objectSizeBytes) {
      throw new IntegrityError(
        `The object has ${plan.objectSizeBytes} bytes, but its envelope records ${recorded}: it was cut, extended or ` +
          'mixed up. Restore it from a copy.',
      );
    }
    const { provider, otherProviders = [], onUnknownDescription } = this.#options;
    const key = await openContentKey(envelope, [provider, ...otherProviders], {
      onUnknownDescription,
      signal: options.signal,
    });
    const plaintext = decryptContent(chunks, { ...key, offsetBytes: plan.bodyOffsetBytes + plan.skipBytes });
    return options.range === undefined && envelope.contentMd5 !== undefined
      ? verifyMd5(plaintext, envelope.contentMd5)
      : plaintext;
  }
}

async function encryptBody(
  plain: UploadBody,
  key: ContentKey,
  onProgress: OnProgress | undefined,
): Promise<UploadBody> {
  if (plain.kind === 'bytes' && plain.bytes.length <= maxBufferedBytes) {
    return { kind: 'bytes', bytes: await encryptBytes(plain.bytes, key) };
  }
  const sizeBytes = plain.kind === 'bytes' ? plain.bytes.length : plain.sizeBytes;
  const encrypted = encryptContent(plain.kind === 'bytes' ? inOneChunk(plain.bytes) : plain.chunks, key);
  return {
    kind: 'chunks',
    sizeBytes,
    chunks: onProgress ? reportProgress(encrypted, sizeBytes, onProgress) : encrypted,
  };
}

async function* inOneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function conditionHeaders(options: Omit<HeadOptions, 'signal' | 'versionId'>): Record<string, string> {
  const headers = lowerCased(options.headers);
  if (options.ifMatch !== undefined) headers['if-match'] = options.ifMatch;
  if (options.ifNoneMatch !== undefined) headers['if-none-match'] = options.ifNoneMatch;
  if (options.ifModifiedSince) headers['if-modified-since'] = options.ifModifiedSince.toUTCString();
  if (options.ifUnmodifiedSince) headers['if-unmodified-since'] = options.ifUnmodifiedSince.toUTCString();
  return headers;
}
