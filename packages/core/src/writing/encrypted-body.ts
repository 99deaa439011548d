import type { ContentTransform } from '../cipher/content-scheme.js';
import type { RunningCrc64 } from '../contract/object-transport.js';
import { isPromise } from '../stream/is-promise.js';
import type { OnProgress } from '../stream/progress.js';

/** What was encrypted so far. */
export interface Tally {
  readonly plaintextBytes: number;
  readonly storedBytes: number;
  /** Whether all of it was taken. */
  readonly isWhole: boolean;
}

/** How plaintext becomes the stored bytes of an object. */
export interface EncryptedBodyOptions {
  readonly encryptor: ContentTransform;
  /** The stored bytes are added to it. */
  readonly sum?: RunningCrc64 | undefined;
  /** Whether a chunk is done with when the next one is asked for, so that its memory may be used again. */
  readonly takenInTurn: boolean;
  readonly onProgress?: OnProgress | undefined;
  /** The size of the plaintext, for `onProgress`. */
  readonly totalBytes?: number | undefined;
}

/** The stored bytes of an object, made in one pass over its plaintext as they are asked for: encrypted, summed, counted. */
export class EncryptedBody {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly #tally = { plaintextBytes: 0, storedBytes: 0, isWhole: false };

  constructor(plaintext: AsyncIterable<Uint8Array>, options: EncryptedBodyOptions) {
    this.chunks = this.#encrypt(plaintext, options);
  }

  get tally(): Tally {
    return this.#tally;
  }

  async *#encrypt(
    plaintext: AsyncIterable<Uint8Array>,
    { encryptor, sum, takenInTurn, onProgress, totalBytes }: EncryptedBodyOptions,
  ): AsyncGenerator<Uint8Array> {
    const tally = this.#tally;
    const { maxUpdateBytes } = encryptor;
    const count = (stored: Uint8Array): void => {
      sum?.update(stored);
      tally.storedBytes += stored.length;
    };
    for await (const chunk of plaintext) {
      for (let offset = 0; offset < chunk.length; offset += maxUpdateBytes) {
        const piece = chunk.subarray(offset, offset + maxUpdateBytes);
        const updated = encryptor.update(piece);
        const stored = isPromise(updated) ? await updated : updated;
        tally.plaintextBytes += piece.length;
        if (stored.length > 0) {
          count(stored);
          yield stored;
          if (takenInTurn) encryptor.recycle(stored);
        }
        // Told when the piece was taken, not when it was made.
        onProgress?.({ transferredBytes: tally.plaintextBytes, totalBytes });
      }
    }
    const last = await encryptor.finish();
    if (last !== undefined && last.length > 0) {
      count(last);
      yield last;
      if (takenInTurn) encryptor.recycle(last);
    }
    if (tally.plaintextBytes === 0) onProgress?.({ transferredBytes: 0, totalBytes: 0 });
    tally.isWhole = true;
  }
}
