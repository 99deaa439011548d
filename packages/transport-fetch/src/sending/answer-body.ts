import { TransportError } from '@oss-envelope/core';
import type { Exchange } from './exchange.js';

/** The body of an answer. Not safe for overlapping calls of `read`. */
export class AnswerBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #exchange: Exchange;
  readonly #finish: () => void;
  readonly #hint: string;
  #isOver = false;

  /** @param finish - called once, when all of the body was read */
  constructor(response: Response, exchange: Exchange, finish: () => void) {
    this.#reader = response.body?.getReader();
    this.#exchange = exchange;
    this.#finish = finish;
    const encoding = response.headers.get('content-encoding');
    this.#hint =
      encoding === null || encoding === 'identity'
        ? ''
        : ' It has a Content-Encoding, which fetch undoes by itself; on Node, a transport that does not use fetch reads it as it is.';
  }

  /**
   * The next bytes; undefined at the end. What failed stays failed: only a whole body ends without an error.
   *
   * @throws TransportError, or what the exchange failed with
   */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#isOver) return undefined;
    this.#exchange.throwIfFailed();
    let result: ReadableStreamReadResult<Uint8Array>;
    try {
      result = this.#reader
        ? await this.#exchange.wait(this.#reader.read())
        : { done: true, value: undefined };
    } catch {
      this.cancel(new TransportError(`The body broke off.${this.#hint}`, { retryable: true }));
      this.#exchange.throwIfFailed();
      throw new Error('unreachable: the exchange failed');
    }
    if (!result.done) return result.value;
    this.#isOver = true;
    this.#finish();
    return undefined;
  }

  /** Gives the body up, unless it was read whole: reads then reject with this error. */
  cancel(error: Error): void {
    if (this.#isOver) return;
    this.#exchange.fail(error);
    this.#reader?.cancel().catch(() => {});
  }
}
