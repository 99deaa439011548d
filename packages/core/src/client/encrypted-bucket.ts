import { assertObjectKey } from '../adapter/object-key.js';
import { formatUserMetadata } from '../envelope/user-metadata.js';
import { parseArgument } from '../errors/argument.js';
import { assertByteRange, planRead } from '../reading/byte-range.js';
import { verifyMd5 } from '../reading/content-reading.js';
import { type ObjectInfo, parseObjectInfo } from '../reading/object-info.js';
import {
  conditionHeaders,
  fetchObject,
  lowerCasedNames,
  openObject,
  type ReadingContext,
  readObject,
  releasedOnFailure,
} from '../reading/object-reading.js';
import { reportProgress } from '../stream/progress.js';
import { type Content, openContent, releaseContent } from '../writing/content.js';
import { type PutResult, putContent } from '../writing/object-writing.js';
import {
  bucketOptionsSchema,
  type DeleteOptions,
  deleteOptionsSchema,
  type EncryptedBucketOptions,
  type GetOptions,
  getOptionsSchema,
  type HeadOptions,
  headOptionsSchema,
  type OpenOptions,
  openOptionsSchema,
  type PutOptions,
  putOptionsSchema,
} from './bucket-options.js';
import { EncryptedObject } from './encrypted-object.js';
import { type ObjectHandle, openHandle } from './object-handle.js';

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
  readonly #reading: ReadingContext;

  /** @throws InvalidArgumentError that names the option which is missing or wrong */
  constructor(options: EncryptedBucketOptions) {
    this.#options = parseArgument('options', options, bucketOptionsSchema);
    const {
      transport,
      provider,
      otherProviders = [],
      onUnknownDescription = 'error',
      lenient = false,
    } = this.#options;
    this.#reading = { transport, providers: [provider, ...otherProviders], onUnknownDescription, lenient };
  }

  /**
   * Encrypts `content` and stores it as the object `key`, in one request or, when it is large, in parts. The object is
   * there only when the call has succeeded. After a failure a stream that was given as content is destroyed, and
   * without a `checkpoint` nothing is left on the server.
   *
   * @throws InvalidArgumentError or OutOfRangeError for arguments that cannot be used; nothing was sent then
   * @throws MasterKeyError, ServiceError, TransportError, IntegrityError, CheckpointError; and whatever a content stream
   *   throws
   */
  async put(key: string, content: Content, options: PutOptions = {}): Promise<PutResult> {
    try {
      assertObjectKey(key);
      const checked = parseArgument('options', options, putOptionsSchema);
      const plaintext = openContent(content, checked.sizeBytes);
      const headers: Record<string, string> = {
        ...lowerCasedNames(checked.headers),
        ...formatUserMetadata(checked.metadata ?? {}),
        'content-type': checked.contentType ?? 'application/octet-stream',
      };
      if (checked.forbidOverwrite) headers['x-oss-forbid-overwrite'] = 'true';
      checked.signal?.throwIfAborted();
      const { provider, format, randomBytes } = this.#options;
      return await putContent(
        { ...this.#reading, provider, format, randomBytes },
        key,
        plaintext,
        headers,
        checked,
      );
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
    const { range, signal, onProgress } = checked;
    if (range !== undefined) assertByteRange(range);
    signal?.throwIfAborted();
    const fetched = await fetchObject(this.#reading, key, checked);
    const { info, plan, response } = fetched;
    return releasedOnFailure(response, async () => {
      const contentKey = await openObject(this.#reading, info, this.#onPlainObject(checked), signal);
      let chunks = readObject(fetched, contentKey);
      const md5 = info.encryption.kind === 'enveloped' ? info.encryption.envelope.contentMd5 : undefined;
      if (md5 !== undefined && range === undefined) chunks = verifyMd5(chunks, md5);
      if (onProgress !== undefined) chunks = reportProgress(chunks, plan.takeBytes, onProgress);
      return new EncryptedObject(info, {
        chunks,
        sizeBytes: plan.takeBytes,
        offsetBytes: plan.bodyOffsetBytes + plan.skipBytes,
        cancel: () => response.cancel(),
      });
    });
  }

  /**
   * Opens the object `key` for many reads at any offsets: one envelope and one unwrapped key for all of them.
   *
   * @throws as `get`
   */
  async open(key: string, options: OpenOptions = {}): Promise<ObjectHandle> {
    assertObjectKey(key);
    const checked = parseArgument('options', options, openOptionsSchema);
    checked.signal?.throwIfAborted();
    return openHandle(this.#reading, key, checked, this.#onPlainObject(checked));
  }

  /**
   * What is known of the object `key` without its content. No key is unwrapped.
   *
   * @throws MalformedEnvelopeError, AlgorithmNotSupportedError, ServiceError, TransportError
   */
  async head(key: string, options: HeadOptions = {}): Promise<ObjectInfo> {
    assertObjectKey(key);
    const checked = parseArgument('options', options, headOptionsSchema);
    const { signal, versionId } = checked;
    signal?.throwIfAborted();
    const headers = conditionHeaders(checked);
    const response = await this.#reading.transport.head({ key, headers, versionId, signal });
    const { objectSizeBytes } = planRead(undefined, response);
    return parseObjectInfo(key, response, objectSizeBytes, { lenient: this.#reading.lenient });
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
    await this.#reading.transport.delete({ key, headers: lowerCasedNames(headers), versionId, signal });
  }

  #onPlainObject(call: { readonly onPlainObject?: 'error' | 'pass' | undefined }): 'error' | 'pass' {
    return call.onPlainObject ?? this.#options.onPlainObject ?? 'error';
  }
}
