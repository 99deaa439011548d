import { InvalidArgumentError, TransportError } from '@oss-envelope/core';
import type { Exchange } from './exchange.js';

/** What looks at each chunk of a body, and at its end. Either may throw. */
export interface BodyObserver {
  update(chunk: Uint8Array): void;
  finish(): void;
}

/**
 * An answer's body as an async iterator, also where the runtime's streams have none. Leaving it early, at any time and
 * also before the first chunk, cancels the fetch. Not safe for overlapping calls of `next`.
 */
export class BodyReader implements AsyncIterator<Uint8Array> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #exchange: Exchange;
  readonly #observer: BodyObserver | undefined;
  readonly #hint: string;
  #isOver = false;

  constructor(response: Response, exchange: Exchange, observer?: BodyObserver) {
    this.#reader = response.body?.getReader();
    this.#exchange = exchange;
    this.#observer = observer;
    const encoding = response.headers.get('content-encoding');
    this.#hint =
      encoding === null || encoding === 'identity'
        ? ''
        : ' It is stored with a Content-Encoding, which fetch undoes by itself; on Node, a transport that does not use fetch reads it as it is.';
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    // What failed stays failed: only a whole body ends without an error.
    this.#exchange.throwIfFailed();
    if (this.#isOver) return { done: true, value: undefined };
    try {
      const result = await this.#read();
      if (!result.done) {
        this.#observer?.update(result.value);
        return { done: false, value: result.value };
      }
      this.#observer?.finish();
    } catch (error) {
      this.#exchange.fail(error);
      this.#release();
      throw error;
    }
    this.#isOver = true;
    this.#exchange.close();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.cancel();
    return { done: true, value: undefined };
  }

  /** Gives the body up, unless it was read whole. */
  cancel(): void {
    if (this.#isOver) return;
    this.#exchange.fail(new TransportError('The body was cancelled.', { retryable: false }));
    this.#release();
  }

  /** The whole body; more than `limitBytes` are refused. */
  async bytes(limitBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for (let result = await this.next(); !result.done; result = await this.next()) {
      sizeBytes += result.value.length;
      if (sizeBytes > limitBytes) {
        this.cancel();
        throw new TransportError('OSS answered with more than belongs into this answer.', {
          retryable: false,
        });
      }
      chunks.push(result.value);
    }
    const bytes = new Uint8Array(sizeBytes);
    let offsetBytes = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offsetBytes);
      offsetBytes += chunk.length;
    }
    return bytes;
  }

  /** The whole body as text. */
  async text(limitBytes: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limitBytes));
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    if (!this.#reader) return { done: true, value: undefined };
    try {
      return await this.#exchange.wait(this.#reader.read());
    } catch {
      this.#exchange.throwIfFailed();
      throw new TransportError(`The body broke off.${this.#hint}`, { retryable: true });
    }
  }

  #release(): void {
    this.#reader?.cancel().catch(() => {});
  }
}

/** A reader as an iterable that can be used once: a second use would find an end, and no error. */
export function iterateOnce(reader: BodyReader): AsyncIterable<Uint8Array> {
  let isTaken = false;
  return {
    [Symbol.asyncIterator]() {
      if (isTaken) throw new InvalidArgumentError('chunks', 'can be iterated only once');
      isTaken = true;
      return reader;
    },
  };
}
