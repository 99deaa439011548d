import { lazyModule, loaded } from '../adapter/lazy-module.js';
import { assertObjectKey } from '../adapter/object-key.js';
import type { CopyResult } from '../changing/copying.js';
import type { ReencryptingContext, ReencryptResult } from '../changing/reencrypting.js';
import type { RewrapResult } from '../changing/rewrapping.js';
import type { FormatName } from '../contract/key-provider.js';
import type { PresignedUrl } from '../contract/object-transport.js';
import { formats } from '../envelope/formats.js';
import { ObjectKeys } from '../envelope/object-keys.js';
import { describedCall, describedIterator, type ObjectCall } from '../errors/described-error.js';
import type { ObjectOperation } from '../errors/errors.js';
import type { ObjectInfo } from '../reading/object-info.js';
import type { OnPlainObject } from '../reading/reading-context.js';
import type { PutResult } from '../writing/put-result.js';
import type { Content } from '../writing/source.js';
import type { WritingContext } from '../writing/writing-context.js';
import { parseBucketOptions } from './bucket-option-checks.js';
import type { EncryptedObject } from './encrypted-object.js';
import type { ListedEntry } from './listed-entry.js';
import type { ChangedBucket } from './object-changing.js';
import type { DeleteManyResult } from './object-deletion.js';
import type { ObjectHandle } from './object-handle.js';
import { putObject } from './object-putting.js';
import type { VerifiedObject } from './object-verification.js';
import { parseArgument } from './option-parsing.js';
import type {
  CallOptions,
  CopyOptions,
  DeleteManyOptions,
  DeleteOptions,
  EncryptedBucketOptions,
  ExistsOptions,
  GetOptions,
  HeadOptions,
  ListOptions,
  OpenOptions,
  OpenUrlOptions,
  PresignGetOptions,
  PresignPutOptions,
  PutOptions,
  ReencryptOptions,
  RenameOptions,
  RewrapOptions,
  VerifyOptions,
} from './option-types.js';
import type { PresignedUpload } from './presigned-upload.js';
import { bucketOptionsSchema, getOptionsSchema } from './read-option-checks.js';
import { putOptionsSchema } from './resumable-option-checks.js';
import type { UrlOpener, UrlToOpen } from './url-opening.js';

/** Loaded with the first object that is read. */
const getting: () => Promise<typeof import('./object-getting.js')> = lazyModule(
  () => import('./object-getting.js'),
);
/** Loaded with the first change: most pages change nothing. */
const changes: () => Promise<typeof import('./object-changing.js')> = lazyModule(
  () => import('./object-changing.js'),
);

/**
 * A bucket of OSS whose objects are encrypted before they leave this machine. Each object has a data key of its own. A
 * master key wraps it, and the object's metadata hold it wrapped.
 *
 * @example
 * const bucket = new EncryptedBucket({
 *   transport: aliOssTransport(new OSS({ region, accessKeyId, accessKeySecret, bucket: 'photos', secure: true })),
 *   provider: rsaProvider({ publicKey, privateKey }),
 *   format: 'sealed',
 * });
 * await bucket.put('motto.txt', 'seize the day');
 * await (await bucket.get('motto.txt')).text(); // => 'seize the day'
 */
export class EncryptedBucket {
  readonly #reading: ReencryptingContext;
  readonly #writing: WritingContext;
  readonly #onPlainObject: OnPlainObject;
  readonly #options: EncryptedBucketOptions;

  /** @throws InvalidArgumentError that names the option which is missing or wrong */
  constructor(options: EncryptedBucketOptions) {
    const checked = parseBucketOptions(options, bucketOptionsSchema);
    const { transport, provider, format, lenient = false, onPlainObject = 'error' } = checked;
    const keys = new ObjectKeys({
      provider,
      recipients: checked.recipients ?? [],
      otherProviders: checked.otherProviders ?? [],
      format,
      reads: checked.reads ?? (format === 'sealed' ? ['sealed'] : (Object.keys(formats) as FormatName[])),
      context: checked.context ?? {},
      bound: checked.bound ?? 'key',
      keyReuse: checked.keyReuse ?? {},
      onUnknownDescription: checked.onUnknownDescription ?? 'error',
      randomBytes: checked.randomBytes,
    });
    const { scheme } = formats[format];
    this.#reading = { transport, keys, lenient, likelyScheme: scheme };
    const checkpoints = { keys, load: () => loaded(import('../writing/upload-resumption.js')) };
    this.#writing = { transport, keys, checkpoints, format, scheme };
    this.#onPlainObject = onPlainObject;
    this.#options = checked;
  }

  /**
   * Another bucket, with the options of this one except those that are given. `undefined` takes an option away. The two
   * share no wrapping keys.
   *
   * @throws InvalidArgumentError as the constructor does, also for an option of this bucket that does not fit the new ones
   *
   * @example
   * const open = bucket.with({ onPlainObject: 'pass' });
   * await (await open.get('motto.txt')).text(); // => 'seize the day'
   */
  with(options: Partial<EncryptedBucketOptions>): EncryptedBucket {
    return new EncryptedBucket({ ...this.#options, ...options });
  }

  /**
   * Encrypts `content` and stores it as the object `key`: in one request, or in parts when it is large. The object is
   * there only when the call has succeeded. After a passing failure, bytes, Blobs and files are sent again, under a new
   * data key. When the call fails, it destroys a stream that was given as content, and without a `checkpoint` it leaves
   * nothing on the server. (One exception: when the answer to the start of an upload in parts is lost, an upload without
   * parts may be left. A lifecycle rule for unfinished uploads removes it.)
   *
   * @throws InvalidArgumentError or OutOfRangeError for arguments that cannot be used; nothing was sent then
   * @throws MasterKeyError, ServiceError, TransportError, IntegrityError, CheckpointError, CapabilityMissingError; and
   *   whatever a content stream throws
   *
   * @example
   * await bucket.put('report.pdf', createReadStream('report.pdf'), { contentType: 'application/pdf' });
   */
  async put(key: string, content: Content, options: PutOptions = {}): Promise<PutResult> {
    const call = this.callOf('put', key, options);
    return putObject(this.#writing, key, content, { options, checks: putOptionsSchema, call });
  }

  /**
   * Fetches the object `key`, or a range of it, and opens its envelope. The content is decrypted as it is read.
   *
   * @throws MissingEnvelopeError for an object that is not encrypted, unless `onPlainObject` is `'pass'`
   * @throws MalformedEnvelopeError, AlgorithmNotSupportedError, NoMatchingKeyError, KeyUnwrapError, MasterKeyError
   * @throws RangeNotSatisfiableError, ServiceError, TransportError, IntegrityError
   *
   * @example
   * const object = await bucket.get('motto.txt', { range: { lastBytes: 3 } });
   * await object.text(); // => 'day'
   */
  async get(key: string, options: GetOptions = {}): Promise<EncryptedObject<true> | EncryptedObject<false>> {
    const call = this.callOf('get', key, options);
    return describedCall(call, async () => {
      assertObjectKey(key);
      // Before anything is waited for: a caller may use the same object of options for its next call.
      const checked = parseArgument('options', options, getOptionsSchema);
      const reading = this.callOf('read', key, checked);
      const { getObject } = await getting();
      return getObject(this.#reading, {
        key,
        options: checked,
        onPlainObject: this.#onPlainObject,
        call: reading,
      });
    });
  }

  /**
   * Reads all of the object `key` and makes every check that its format allows. Nothing of the content is handed on. Of a
   * sealed object this proves each byte, their order, and the end.
   *
   * @returns what is known of the object; `authenticated` says how much that is worth
   * @throws as `get`, and as reading its content
   *
   * @example
   * const { authenticated, sizeBytes } = await bucket.verify('motto.txt');
   * authenticated && sizeBytes; // => 13
   */
  async verify(key: string, options: VerifyOptions = {}): Promise<VerifiedObject> {
    const call = this.callOf('get', key, options);
    const { checked, verifyObject } = await describedCall(call, async () => {
      const { checkedVerification, verifyObject } = await loaded(import('./object-verification.js'));
      return { checked: checkedVerification(options), verifyObject };
    });
    return verifyObject(await this.get(key, checked));
  }

  /**
   * Opens the object `key` for many reads at any offsets: one envelope and one unwrapped key for all of them.
   *
   * @throws as `get`
   *
   * @example
   * const video = await bucket.open('video.mp4');
   * const atom = await video.read(1_000_000, 4096);
   * atom.length; // => 4096
   */
  async open(key: string, options: OpenOptions = {}): Promise<ObjectHandle<true> | ObjectHandle<false>> {
    return describedCall(this.callOf('open', key, options), async () => {
      const { openHandle } = await loaded(import('./object-handle.js'));
      return openHandle(this.#reading, key, options, this.#onPlainObject);
    });
  }

  /**
   * What is known of the object `key` without its content. No key is unwrapped.
   *
   * @throws MalformedEnvelopeError, AlgorithmNotSupportedError, IntegrityError, ServiceError, TransportError
   *
   * @example
   * const { encryption, sizeBytes } = await bucket.head('motto.txt');
   * encryption.kind; // => 'enveloped'
   * sizeBytes; // => 13
   */
  async head(key: string, options: HeadOptions = {}): Promise<ObjectInfo> {
    return describedCall(this.callOf('head', key, options), async () => {
      const { headObject } = await loaded(import('./object-head.js'));
      return headObject(this.#reading, key, options);
    });
  }

  /**
   * Deletes the object `key`; it succeeds when there is none.
   *
   * @throws ServiceError, TransportError
   *
   * @example
   * await bucket.delete('motto.txt');
   */
  async delete(key: string, options: DeleteOptions = {}): Promise<void> {
    return describedCall(this.callOf('delete', key, options), async () => {
      const { deleteObject } = await loaded(import('./object-deletion.js'));
      return deleteObject(this.#writing.transport, key, options);
    });
  }

  /**
   * Whether there is an object `key`, encrypted or not. No key is unwrapped.
   *
   * @throws ServiceError for a bucket that is not there, among others; TransportError
   *
   * @example
   * await bucket.exists('motto.txt'); // => true
   */
  async exists(key: string, options: ExistsOptions = {}): Promise<boolean> {
    return describedCall(this.callOf('exists', key, options), async () => {
      const { objectExists } = await loaded(import('./object-existence.js'));
      return objectExists(this.#writing.transport, key, options);
    });
  }

  /**
   * The objects of the bucket, in the order of their keys. A page is asked for when the iteration gets there. A list has
   * no envelopes, so it does not tell what is encrypted, nor the size of a plaintext. `withInfo` asks for each object.
   *
   * @throws TransportError for a list that repeats itself, goes back, leads nowhere or is of another place
   * @throws CapabilityMissingError, ServiceError
   *
   * @example
   * const keys = [];
   * for await (const entry of bucket.list({ prefix: 'motto' })) if (entry.kind === 'object') keys.push(entry.key);
   * keys; // => ['motto.txt']
   */
  list(options: ListOptions = {}): AsyncIterable<ListedEntry> {
    const call = this.callOf('list', undefined, options);
    return { [Symbol.asyncIterator]: () => describedIterator(call, this.#list(options)) };
  }

  async *#list(options: ListOptions): AsyncGenerator<ListedEntry> {
    const { listObjects } = await loaded(import('./object-listing.js'));
    yield* listObjects({ ...this.#parts(), head: (key, checked) => this.head(key, checked) }, options);
  }

  /**
   * Deletes objects, up to 1000 in a request; those that are not there count as deleted. When the call fails, call it
   * again with the same keys.
   *
   * @param keys - an array, or any iterable, asynchronous ones too, which is read as it is needed
   * @throws IncompleteDeletionError that names each object that the service did not delete; ServiceError, TransportError
   *
   * @example
   * await bucket.deleteMany(['old/1.txt', 'old/2.txt']);
   */
  async deleteMany(
    keys: Iterable<string> | AsyncIterable<string>,
    options: DeleteManyOptions = {},
  ): Promise<DeleteManyResult> {
    return describedCall(this.callOf('deleteMany', undefined, options), async () => {
      const { deleteObjects } = await loaded(import('./object-deletion.js'));
      return deleteObjects(this.#writing.transport, keys, options);
    });
  }

  /**
   * A URL by which whoever has it may download what is stored as `key`, for some time. That is the ciphertext, with
   * status 200: a browser or `curl` gets bytes that nobody can read. `openUrl` decrypts them. The call sends no request,
   * so it does not know whether there is such an object.
   *
   * @throws CapabilityMissingError when the transport has no credentials; OutOfRangeError for more than a week
   *
   * @example
   * const { url } = await bucket.presignGet('motto.txt', { expiresSeconds: 600 });
   * await (await bucket.openUrl(url)).text(); // => 'seize the day'
   */
  async presignGet(key: string, options: PresignGetOptions): Promise<PresignedUrl> {
    return describedCall(this.callOf('presignGet', key, options), async () => {
      const { presignGet } = await loaded(import('./presigning.js'));
      return presignGet(this.#writing.transport, key, options);
    });
  }

  /**
   * A URL by which whoever has it may store one content as `key`, for some time. The `encrypt` of the result encrypts that
   * content here. The headers hold its envelope, and must be sent as they are. For uploads that another process, machine
   * or tool sends. A page that encrypts by itself uses `put` over a `presignedTransport` instead.
   *
   * @throws as `presignGet` and `put`
   *
   * @example
   * const upload = await bucket.presignPut('motto.txt', { expiresSeconds: 600, contentType: 'text/plain' });
   * const body = await upload.encrypt('seize the day');
   * const { url, method, headers } = upload;
   * (await fetch(url, { method, headers, body })).status; // => 200
   */
  async presignPut(key: string, options: PresignPutOptions): Promise<PresignedUpload> {
    return describedCall(this.callOf('presignPut', key, options), async () => {
      const { presignPut } = await loaded(import('./presigning.js'));
      return presignPut(this.#writing, key, options);
    });
  }

  /**
   * Fetches an object, or a range of it, by a presigned URL, and opens its envelope: as `get`, without credentials. A
   * redirect is not followed. Open only URLs whose sender you trust to say where requests of this machine go.
   *
   * @param url - alone, or as `presignGet` gives it with the headers that have to be sent
   * @throws as `get`; ServiceError of status 403 for a URL that has expired
   *
   * @example
   * const object = await bucket.openUrl(url, { range: { lastBytes: 3 } });
   * await object.text(); // => 'day'
   */
  async openUrl(
    url: UrlToOpen,
    options: OpenUrlOptions = {},
  ): Promise<EncryptedObject<true> | EncryptedObject<false>> {
    return describedCall(this.callOf('openUrl', undefined, options), async () => {
      const { openUrl } = await loaded(import('./url-opening.js'));
      return openUrl(this.#parts(), url, options);
    });
  }

  /**
   * Gives the object `key` the master keys that this bucket has now: its provider and recipients. The body and everything
   * else of the object stay. Use it to rotate a master key, to add a recipient, or to take one away. It makes four small
   * requests, whatever the size: a HEAD, one for the ACL, a copy on the server, and a HEAD that shows what came of it. The
   * bucket must have the old master key too (`otherProviders`). For objects in `'sealed'` and `'oss-crypto'`. It does not
   * help against a master key that leaked: use `reencrypt` then.
   *
   * @throws ReencryptionNeededError where the keys cannot be changed in place, as in `'client-side-encryption'`
   * @throws ObjectChangedError when others changed the object each time; their changes are there, and it opens as before
   * @throws IntegrityError when the server says that it changed the keys, and the old ones are still in force
   * @throws MissingEnvelopeError for an object that is not encrypted, CapabilityMissingError, OutOfRangeError when the
   *   metadata become too large; MasterKeyError, ServiceError and others as `get` and `put`. The object is then as before
   *
   * @example
   * const rotated = new EncryptedBucket({ transport, provider: newProvider, otherProviders: [provider], format: 'sealed' });
   * const { keys } = await rotated.rewrap('motto.txt');
   * keys; // => [{ wrapAlgorithm: 'rsa-oaep-sha256', materialDescription: { key: '2027' } }]
   */
  async rewrap(key: string, options: RewrapOptions = {}): Promise<RewrapResult> {
    return describedCall(this.callOf('rewrap', key, options), async () =>
      (await changes()).rewrap(this.#parts(), key, options),
    );
  }

  /**
   * Copies the object `sourceKey` to `targetKey` on the server, with its metadata, tags, ACL and storage class. A sealed
   * object that is bound to its name is bound to the new one: its data key is wrapped anew, for the provider and the
   * recipients that this bucket has now. Other envelopes are copied as they are, and no key is unwrapped.
   *
   * @throws InvalidArgumentError for a copy onto itself; FormatNotAllowedError for what the bucket would not read;
   *   ServiceError (409, with `forbidOverwrite`), and as `rewrap`
   *
   * @example
   * await bucket.copy('motto.txt', 'archive/motto.txt');
   * await (await bucket.get('archive/motto.txt')).text(); // => 'seize the day'
   */
  async copy(sourceKey: string, targetKey: string, options: CopyOptions = {}): Promise<CopyResult> {
    return describedCall({ ...this.callOf('copy', sourceKey, options), targetKey }, async () =>
      (await changes()).copy(this.#parts(), { sourceKey, targetKey }, options),
    );
  }

  /**
   * Moves the object `sourceKey` to `targetKey`: copies it as `copy` does, looks at the copy, and deletes the source. If
   * it stops on the way, the source is there, or the copy, or both.
   *
   * @throws ObjectChangedError when others changed either meanwhile; nothing was deleted then. And as `copy`
   *
   * @example
   * await bucket.rename('motto.txt', 'mottos/horace.txt');
   * await (await bucket.get('mottos/horace.txt')).text(); // => 'seize the day'
   */
  async rename(sourceKey: string, targetKey: string, options: RenameOptions = {}): Promise<CopyResult> {
    return describedCall({ ...this.callOf('rename', sourceKey, options), targetKey }, async () =>
      (await changes()).rename(this.#parts(), { sourceKey, targetKey }, options),
    );
  }

  /**
   * Encrypts the object `key` anew where it is: from any format to any, under a new data key, for the provider and the
   * recipients that this bucket has now. Everything else of the object stays. It is replaced only when its content was
   * read to the end and verified, what was sent has arrived, and nobody else has written it meanwhile. After a failure it
   * is as it was. OSS writes under no condition, so what others write between that last look and the answer is not seen.
   * A bucket with versions keeps it.
   *
   * @throws ObjectChangedError when others have changed or deleted the object meanwhile
   * @throws IntegrityError when the content is not what was written; and as `get` and `put`
   * @throws InvalidArgumentError for a format other than 'sealed' in a bucket with recipients, who would lose their access
   *
   * @example
   * const { previousFormat, keys } = await bucket.reencrypt('motto.txt', { format: 'sealed' });
   * previousFormat; // => 'sealed'
   */
  async reencrypt(key: string, options: ReencryptOptions = {}): Promise<ReencryptResult> {
    return describedCall(this.callOf('reencrypt', key, options), async () =>
      (await changes()).reencrypt(this.#parts(), key, options),
    );
  }

  /** This bucket, for the calls whose code is in a file of its own. */
  #parts(): UrlOpener & ChangedBucket {
    const { transport, format } = this.#writing;
    return { transport, reading: this.#reading, format, onPlainObject: this.#onPlainObject };
  }

  /**
   * The call that is named in errors.
   *
   * @internal
   */
  callOf(
    operation: ObjectOperation,
    key: string | undefined,
    options: Pick<CallOptions, 'signal'>,
  ): ObjectCall {
    // Taken at the start: a transport may change its bucket meanwhile. The options are not checked yet.
    return { operation, key, bucket: this.#reading.transport.bucketName, signal: options?.signal };
  }
}
