import type { ContentKey, ContentScheme } from '../cipher/content-scheme.js';
import type { Headers, PresignedUrl } from '../contract/object-transport.js';
import { describedIterator, describeError, type ObjectCall } from '../errors/described-error.js';
import { InvalidArgumentError } from '../errors/errors.js';
import { joinChunks } from '../stream/join-chunks.js';
import { EncryptedBody } from '../writing/encrypted-body.js';
import { type Content, openSource, type Source } from '../writing/source.js';
import { plaintextOf } from '../writing/source-reading.js';

/** What the content of a URL is encrypted with. */
interface UploadKey {
  readonly key: string;
  readonly bucket: string | undefined;
  readonly scheme: ContentScheme;
  readonly contentKey: ContentKey;
  readonly sizeBytes: number | undefined;
}

/**
 * A presigned upload of one content. Its headers hold the envelope of a fresh data key, which stays here: `encrypt` makes
 * the body to send. Whoever sends the request needs neither credentials nor keys.
 *
 * @example
 * const upload = await bucket.presignPut('motto.txt', { expiresSeconds: 600 });
 * const body = await upload.encrypt('seize the day');
 * const { method, headers } = upload;
 * (await fetch(upload.url, { method, headers, body })).status; // => 200
 */
export class PresignedUpload implements PresignedUrl {
  readonly url: string;
  readonly method = 'PUT';
  readonly headers: Headers;
  readonly expiresAt: Date;
  readonly #uploadKey: UploadKey;
  #isTaken = false;

  constructor({ url, headers, expiresAt }: PresignedUrl, uploadKey: UploadKey) {
    this.url = url;
    this.headers = headers;
    this.expiresAt = expiresAt;
    this.#uploadKey = uploadKey;
  }

  /**
   * The body to send, in memory. Once: a data key never encrypts two contents. The same bytes may be sent again.
   *
   * @throws InvalidArgumentError the second time; OutOfRangeError when the content is not of the size that was given
   */
  async encrypt(content: Content): Promise<Uint8Array<ArrayBuffer>> {
    const { scheme, contentKey } = this.#uploadKey;
    const call = this.#call();
    try {
      const source = this.#take(content);
      if (source.kind === 'bytes') return await scheme.encryptBytes(source.bytes, contentKey);
      return await joinChunks(this.#chunksOf(source));
    } catch (error) {
      throw describeError(error, call);
    }
  }

  /** The body to send, as chunks, for what is too large for memory: as `encrypt`, and once together with it. */
  encryptChunks(content: Content): AsyncIterable<Uint8Array> {
    const call = this.#call();
    try {
      const chunks = this.#chunksOf(this.#take(content));
      return { [Symbol.asyncIterator]: () => describedIterator(call, chunks[Symbol.asyncIterator]()) };
    } catch (error) {
      throw describeError(error, call);
    }
  }

  #take(content: Content): Source {
    if (this.#isTaken) {
      throw new InvalidArgumentError(
        'content',
        'must be the only one of its URL, since a data key never encrypts two contents: presign another URL',
      );
    }
    const source = openSource(content, this.#uploadKey.sizeBytes);
    this.#isTaken = true;
    return source;
  }

  #chunksOf(source: Source): AsyncIterable<Uint8Array> {
    const { scheme, contentKey } = this.#uploadKey;
    return new EncryptedBody(plaintextOf(source, undefined), {
      encryptor: scheme.encryptor(contentKey),
      takenInTurn: false,
    }).chunks;
  }

  #call(): ObjectCall {
    const { key, bucket } = this.#uploadKey;
    return { operation: 'presignPut', key, bucket };
  }
}
