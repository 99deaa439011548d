import type { UploadBody } from '../contract/object-transport.js';
import { isBytes } from '../encoding/bytes.js';
import { InvalidArgumentError } from '../errors/errors.js';

type ChunkBody = Extract<UploadBody, { readonly kind: 'chunks' }>;

/**
 * A body of chunks for several tries to send it: as long as no try has asked for a chunk, the next one may send it.
 *
 * The last chunk of an announced size is given only when the source has ended well. So a source that fails after its
 * last byte leaves no object behind.
 */
export class ChunkSource implements AsyncIterable<Uint8Array> {
  readonly #body: ChunkBody;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  #takenBytes = 0;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(body: ChunkBody) {
    this.#body = body;
  }

  /** What the source failed with, if it did. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Whether a chunk was asked for. Then the body cannot be sent again. */
  get isStarted(): boolean {
    return this.#iterator !== undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: async () => {
        let value: Uint8Array | undefined;
        try {
          value = this.#isOver ? undefined : await this.#next();
        } catch (error) {
          this.#failure ??= { error };
          throw error;
        }
        if (value !== undefined) return { done: false, value };
        this.#isOver = true;
        return { done: true, value: undefined };
      },
      // A try that ends before its first chunk leaves the source to the next try.
      return: async () => {
        if (this.isStarted) await this.release();
        return { done: true, value: undefined };
      },
    };
  }

  /** Tells the source that no more is wanted of it. Called again, it does nothing. */
  async release(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      this.#iterator ??= this.#body.chunks[Symbol.asyncIterator]();
      await this.#iterator.return?.();
    } catch {
      // The call has its own outcome, whatever a source says that is left.
    }
  }

  /** The next chunk that is not empty; undefined at the end. */
  async #next(): Promise<Uint8Array | undefined> {
    this.#iterator ??= this.#body.chunks[Symbol.asyncIterator]();
    const chunk = await this.#take(this.#iterator);
    const { sizeBytes } = this.#body;
    this.#takenBytes += chunk?.length ?? 0;
    if (sizeBytes === undefined || (chunk !== undefined && this.#takenBytes < sizeBytes)) return chunk;
    // A copy, since a source may use its memory again when it is asked for more.
    const last = chunk && new Uint8Array(chunk);
    if (this.#takenBytes !== sizeBytes || (last && (await this.#take(this.#iterator)) !== undefined)) {
      throw new InvalidArgumentError('body.sizeBytes', 'must be the exact size of what the chunks hold');
    }
    this.#isOver = true;
    return last;
  }

  async #take(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
    for (;;) {
      const result = await iterator.next();
      if (result.done) return undefined;
      if (!isBytes(result.value)) throw new InvalidArgumentError('body.chunks', 'must give Uint8Arrays');
      if (result.value.length > 0) return result.value;
    }
  }
}
