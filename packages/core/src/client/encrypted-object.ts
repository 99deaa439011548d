import { describedIterator, describeError, type ObjectCall } from '../errors/described-error.js';
import { ContentTakenError } from '../errors/errors.js';
import type { ObjectInfo } from '../reading/object-info.js';
import { joinChunks } from '../stream/join-chunks.js';
import { streamOf } from '../stream/web-stream.js';
import { DescribedObject } from './described-object.js';

/** The content of a response and how to give it up. */
export interface OpenContent {
  /** The decrypted chunks, once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Whether each of them is new memory: those of a plain object are the transport's. */
  readonly areNew: boolean;
  /** The number of bytes that the chunks add up to; undefined when the server does not say. */
  readonly sizeBytes: number | undefined;
  /** Where in the object they begin. */
  readonly offsetBytes: number;
  readonly cancel: () => Promise<void>;
  /** What errors say of the reading. */
  readonly call: ObjectCall;
}

/**
 * An object whose content is on its way. Read the content once, in one of the ways below, or call `discard()`: until
 * then a connection is held.
 *
 * Reading throws IntegrityError when the content is not complete or not what its checksums say, and TransportError when
 * the connection breaks. Then do not trust what was read before, unless the object is `authenticated`: of such an object
 * each byte was verified before it was handed on, and only the rest is missing.
 *
 * @example
 * const object = await bucket.get('motto.txt');
 * let text = '';
 * for await (const chunk of object.chunks()) text += new TextDecoder().decode(chunk);
 * text; // => 'seize the day'
 */
export class EncryptedObject<Authenticated extends boolean = boolean> extends DescribedObject<Authenticated> {
  /** Where in the object the content begins, in bytes: 0 without a range. */
  readonly contentOffsetBytes: number;
  /** The content's size in bytes: that of the range, or of the object. Undefined when the server does not say. */
  readonly contentSizeBytes: number | undefined;
  readonly #content: OpenContent;
  #taken = false;
  #body: ReadableStream<Uint8Array> | undefined;

  constructor(info: ObjectInfo, authenticated: Authenticated, content: OpenContent) {
    super(info, authenticated);
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
   * @throws ContentTakenError when the content was taken before
   */
  chunks(): AsyncIterable<Uint8Array> {
    if (this.#taken) throw this.#takenBefore();
    this.#taken = true;
    let isIterated = false;
    return {
      [Symbol.asyncIterator]: () => {
        if (isIterated) throw this.#takenBefore();
        isIterated = true;
        return this.#iterate();
      },
    };
  }

  #iterate(): AsyncIterator<Uint8Array> {
    const { chunks, call } = this.#content;
    const iterator = describedIterator(call, chunks[Symbol.asyncIterator]());
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
    if (this.#taken) throw this.#takenBefore();
    this.#taken = true;
    const { chunks, areNew, call } = this.#content;
    try {
      // Read to its end, or to its failure: nothing is left to cancel.
      return await joinChunks(chunks, areNew);
    } catch (error) {
      throw describeError(error, call);
    }
  }

  /** All of the content as text, decoded as UTF-8; a byte order mark is dropped. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /**
   * All of the content as the value that its JSON stands for, decoded as `text` does.
   *
   * @throws SyntaxError for content that is not JSON; it does not show the content
   */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch {
      // The runtime's own error quotes the content.
      const { operation, bucket } = this.#content.call;
      const place = bucket === undefined ? '' : ` in the bucket ${bucket}`;
      throw new SyntaxError(
        `${operation} ${JSON.stringify(this.key)}${place}: the content is not JSON. Read it by text().`,
      );
    }
  }

  /** All of the content as a Blob of the object's content type. */
  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.contentType ?? '' });
  }

  /** All of the content as an ArrayBuffer. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  /** Gives the content up and releases the connection. Harmless after reading. */
  async discard(): Promise<void> {
    this.#taken = true;
    await this.#content.cancel();
  }

  #takenBefore(): unknown {
    const error = new ContentTakenError(
      'The content of this object was taken before, and can be read once. Get the object again.',
    );
    return describeError(error, this.#content.call);
  }
}
