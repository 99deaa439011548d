import { unclearedBytes } from '#aead';
import type { SealedKey } from './content-scheme.js';
import { maxChunks } from './sealed-sizes.js';

/** What chunks are sealed under. */
export type ChunkKey = Pick<SealedKey, 'aeadKey' | 'baseNonce' | 'head'>;

const nothing: Uint8Array<ArrayBuffer> = new Uint8Array();

/** Memory for what comes out: that of last time once it was given back, or new. */
export class Output {
  #last: Uint8Array<ArrayBuffer> = nothing;
  #isFree = false;

  take(sizeBytes: number): Uint8Array<ArrayBuffer> {
    if (sizeBytes === 0) return nothing;
    // It is written to its end before any of it is handed on.
    if (!this.#isFree || this.#last.length < sizeBytes) this.#last = unclearedBytes(sizeBytes);
    this.#isFree = false;
    return this.#last.subarray(0, sizeBytes);
  }

  recycle(bytes: Uint8Array): void {
    if (bytes.buffer === this.#last.buffer) this.#isFree = true;
  }
}

/**
 * Cuts bytes that come in any pieces into chunks of one size. The chunk that is not full waits in memory of its own, and
 * there are two of these: one may still be read when the next begins.
 */
export class Chunks {
  readonly #sizeBytes: number;
  #waiting: Uint8Array<ArrayBuffer> = nothing;
  #other: Uint8Array<ArrayBuffer> = nothing;
  #waitingBytes = 0;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  /** What is left when all was given. */
  get rest(): Uint8Array {
    return this.#waiting.subarray(0, this.#waitingBytes);
  }

  /** How many chunks are full with these bytes. */
  fullWith(bytes: Uint8Array): number {
    return Math.floor((this.#waitingBytes + bytes.length) / this.#sizeBytes);
  }

  /** Takes the bytes, and hands on each chunk that is full with them. A chunk stays as it is until the next call. */
  cut(bytes: Uint8Array, take: (chunk: Uint8Array, index: number) => void): void {
    const full = this.fullWith(bytes);
    let taken = 0;
    for (let index = 0; index < full; index++) {
      if (this.#waitingBytes > 0) {
        taken = this.#sizeBytes - this.#waitingBytes;
        this.#keep(bytes.subarray(0, taken));
        take(this.#swap(), index);
      } else {
        take(bytes.subarray(taken, taken + this.#sizeBytes), index);
        taken += this.#sizeBytes;
      }
    }
    if (taken < bytes.length) this.#keep(taken === 0 ? bytes : bytes.subarray(taken));
  }

  #keep(bytes: Uint8Array): void {
    const keptBytes = this.#waitingBytes + bytes.length;
    if (keptBytes > this.#waiting.length) this.#grow(keptBytes);
    this.#waiting.set(bytes, this.#waitingBytes);
    this.#waitingBytes = keptBytes;
  }

  /** Content that is small, and comes at once, needs no more memory than it has bytes. */
  #grow(keptBytes: number): void {
    const larger = unclearedBytes(this.#waitingBytes === 0 ? keptBytes : this.#sizeBytes);
    larger.set(this.rest);
    this.#waiting = larger;
  }

  #swap(): Uint8Array {
    const full = this.#waiting;
    [this.#waiting, this.#other] = [this.#other, full];
    this.#waitingBytes = 0;
    return full;
  }
}

/**
 * S2: base nonce XOR the chunk's number, as a 96-bit big-endian number. The number exceeds 32 bits.
 *
 * @param nonce - 12 bytes of memory, which it is written into
 */
export function nonceOfChunk(baseNonce: Uint8Array, chunkNumber: number, nonce: Uint8Array): Uint8Array {
  if (!(chunkNumber < maxChunks)) throw new RangeError('A body has at most 2^38 chunks.');
  nonce.set(baseNonce);
  let [high, low] = [Math.floor(chunkNumber / 2 ** 32), chunkNumber >>> 0];
  for (let at = 11; at >= 8; at--) {
    nonce[at]! ^= low & 0xff;
    low >>>= 8;
  }
  for (let at = 7; high > 0; at--) {
    nonce[at]! ^= high & 0xff;
    high >>>= 8;
  }
  return nonce;
}
