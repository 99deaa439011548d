import { streamOf } from './content.js';
import type { EnvelopeState } from './envelope.js';
import { InvalidArgumentError } from './errors.js';
import type { ObjectInfo } from './object-info.js';
import type { UserMetadata } from './user-metadata.js';

/** The content of a response and how to give it up. */
export interface OpenContent {
  /** The decrypted chunks, once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The number of bytes that the chunks add up to; undefined when the server does not say. */
  readonly sizeBytes: number | undefined;
  /** Where in the object they begin. */
  readonly offsetBytes: number;
  readonly cancel: () => Promise<void>;
}

/**
 * An object whose content is on its way. Read the content once, in one of the ways below, or call `discard()`: until
 * then a connection is held.
 *
 * Reading throws IntegrityError when the content turns out to be incomplete or not what its checksums say, and
 * TransportError when the connection breaks. What was read before is then not to be trusted.
 */
export class EncryptedObject implements ObjectInfo {
  readonly key: string;
  readonly encryption: EnvelopeState;
  readonly sizeBytes: number | undefined;
  readonly metadata: UserMetadata;
  readonly contentType: string | undefined;
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly lastModified: Date | undefined;
  readonly requestId: string | undefined;
  /** Where in the object the content begins, in bytes: 0 without a range. */
  readonly contentOffsetBytes: number;
  /** The content's size in bytes: that of the range, or of the object. Undefined when the server does not say. */
  readonly contentSizeBytes: number | undefined;
  /** Counter mode does not authenticate: whoever can write to the bucket can change bits of the content unseen. */
  readonly authenticated: false = false as const;
  readonly #content: OpenContent;
  #taken = false;
  #body: ReadableStream<Uint8Array> | undefined;

  constructor(info: ObjectInfo, content: OpenContent) {
    this.key = info.key;
    this.encryption = info.encryption;
    this.sizeBytes = info.sizeBytes;
    this.metadata = info.metadata;
    this.contentType = info.contentType;
    this.etag = info.etag;
    this.versionId = info.versionId;
    this.lastModified = info.lastModified;
    this.requestId = info.requestId;
    this.contentOffsetBytes = content.offsetBytes;
    this.contentSizeBytes = content.sizeBytes;
    this.#content = content;
  }

  /** The content as a web stream, decrypted as it is read. Cancelling it releases the connection. */
  get body(): ReadableStream<Uint8Array> {
    this.#body ??= streamOf(this.chunks()[Symbol.asyncIterator]());
    return this.#body;
  }

  /**
   * The content as chunks, the fastest way on Node. Leaving the iteration early releases the connection.
   *
   * @throws InvalidArgumentError when the content was taken before
   */
  chunks(): AsyncIterable<Uint8Array> {
    if (this.#taken) {
      throw new InvalidArgumentError(
        'content',
        'was taken before, and can be read once; get the object again',
      );
    }
    this.#taken = true;
    return { [Symbol.asyncIterator]: () => this.#iterate() };
  }

  #iterate(): AsyncIterator<Uint8Array> {
    const iterator = this.#content.chunks[Symbol.asyncIterator]();
    return {
      next: () => iterator.next(),
      return: async () => {
        // A generator that was never asked for a chunk does not run its cleanup.
        await iterator.return?.();
        await this.#content.cancel();
        return { done: true, value: undefined };
      },
    };
  }

  /** All of the content in memory. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of this.chunks()) {
      chunks.push(chunk);
      sizeBytes += chunk.length;
    }
    const bytes = new Uint8Array(sizeBytes);
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }

  /** All of the content as text, decoded as UTF-8; a byte order mark is dropped. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** Gives the content up and releases the connection. Harmless after reading. */
  async discard(): Promise<void> {
    this.#taken = true;
    await this.#content.cancel();
  }
}
