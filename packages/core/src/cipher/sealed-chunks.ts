import { createAead, unclearedBytes } from '#aead';
import { equalBytes } from '../encoding/bytes.js';
import { IntegrityError } from '../errors/errors.js';
import { isPromise } from '../stream/is-promise.js';
import { tagBytes } from './aead.js';
import type {
  ContentTransform,
  EncryptedPiece,
  SealedChunks,
  SealedKey,
  StoredFrame,
} from './content-scheme.js';
import { chunkBytes, headBytes, maxChunks, sealedChunkBytes, sealedSize } from './sealed-sizes.js';

/** What chunks are sealed under. */
export type ChunkKey = Pick<SealedKey, 'aeadKey' | 'baseNonce' | 'head'>;

/** Seals and opens the chunks of one key. */
export function chunksOf(key: ChunkKey): SealedChunks {
  return {
    encryptor: (piece) => sealingTransform(key, piece),
    encryptBytes: (plaintext) => sealBytes(plaintext, key),
    decryptor: (frame) => openingTransform(key, frame),
  };
}

/** Chunks that are sealed at a time: each time costs a turn of the transport, and a write of it takes 256 KiB at most. */
const sealedAtOnce = 15;
/**
 * Chunks that are opened at a time. What comes out stays below 128 KiB, where memory is cheap (mallopt(3),
 * M_MMAP_THRESHOLD): readers may keep it.
 */
const openedAtOnce = 7;

const nothing: Uint8Array<ArrayBuffer> = new Uint8Array();

/** Memory for what comes out: that of last time once it was given back, or new. */
class Output {
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
class Chunks {
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

/** Seals chunk after chunk. A chunk goes out when it is full; what is left, perhaps nothing, is the last one (S3). */
function sealingTransform(
  key: ChunkKey,
  { offsetBytes = 0, endsContent = true }: EncryptedPiece = {},
): ContentTransform {
  const aead = createAead(key.aeadKey);
  const chunks = new Chunks(chunkBytes);
  const output = new Output();
  let chunkNumber = offsetBytes / chunkBytes;
  let headLeft = offsetBytes === 0 ? headBytes : 0;

  /** Room for the head, if it is still to come, and so many more bytes. */
  const begin = (sealedBytes: number): Uint8Array<ArrayBuffer> => {
    const into = output.take(headLeft + sealedBytes);
    if (headLeft > 0) into.set(key.head);
    return into;
  };
  const seal = (chunk: Uint8Array, into: Uint8Array, at: number): void | Promise<void> =>
    aead.seal(nonceOfChunk(key.baseNonce, chunkNumber++), chunk, into, at);

  return {
    maxUpdateBytes: sealedAtOnce * chunkBytes,
    update(bytes) {
      const into = begin(chunks.fullWith(bytes) * sealedChunkBytes);
      const at = headLeft;
      headLeft = 0;
      const waits: Promise<void>[] = [];
      chunks.cut(bytes, (chunk, index) => {
        const wait = seal(chunk, into, at + index * sealedChunkBytes);
        if (wait !== undefined) waits.push(wait);
      });
      aead.release();
      return waits.length > 0 ? Promise.all(waits).then(() => into) : into;
    },
    finish() {
      if (!endsContent) {
        if (chunks.rest.length > 0)
          throw new RangeError('A piece that does not end the content is whole chunks.');
        return undefined;
      }
      const into = begin(chunks.rest.length + tagBytes);
      const wait = seal(chunks.rest, into, headLeft);
      return isPromise(wait) ? wait.then(() => into) : into;
    },
    recycle: (bytes) => output.recycle(bytes),
  };
}

async function sealBytes(plaintext: Uint8Array, key: ChunkKey): Promise<Uint8Array<ArrayBuffer>> {
  const aead = createAead(key.aeadKey);
  const output = unclearedBytes(sealedSize(plaintext.length));
  output.set(key.head);
  const chunks = Math.floor(plaintext.length / chunkBytes) + 1;
  for (let index = 0; index < chunks; index++) {
    const chunk = plaintext.subarray(index * chunkBytes, (index + 1) * chunkBytes);
    const at = headBytes + index * sealedChunkBytes;
    const wait = aead.seal(nonceOfChunk(key.baseNonce, index), chunk, output, at);
    if (isPromise(wait)) await wait;
    if (index % sealedAtOnce === 0) aead.release();
  }
  aead.release();
  return output;
}

/**
 * Opens the chunks of a frame. A chunk is handed on only after its tag verified (S6), and of it only what was asked for
 * (S7). A body that ends without a chunk that is short is an error, and so is anything behind one.
 */
function openingTransform(key: ChunkKey, frame: StoredFrame): ContentTransform {
  const aead = createAead(key.aeadKey);
  const chunks = new Chunks(sealedChunkBytes);
  const output = new Output();
  let chunkNumber = frame.plaintextOffsetBytes / chunkBytes;
  let drop = frame.dropBytes;
  let take = frame.takeBytes ?? Number.POSITIVE_INFINITY;
  let headLeft = frame.storedOffsetBytes === 0 ? headBytes : 0;

  /** S10: a read that begins at 0 takes the body's own head too, and refuses when it is not the envelope's. */
  const withoutHead = (bytes: Uint8Array): Uint8Array => {
    const head = bytes.subarray(0, headLeft);
    const at = headBytes - headLeft;
    if (!equalBytes(head, key.head.subarray(at, at + head.length))) throw changed();
    headLeft -= head.length;
    return bytes.subarray(head.length);
  };
  const asked = (plaintext: Uint8Array): Uint8Array => {
    const from = Math.min(drop, plaintext.length);
    drop -= from;
    const part = plaintext.subarray(from, from + take);
    take -= part.length;
    return part;
  };
  const open = (chunk: Uint8Array, into: Uint8Array, at: number): boolean | Promise<boolean> =>
    aead.open(nonceOfChunk(key.baseNonce, chunkNumber++), chunk, into, at);
  /** Nothing of the plaintext, unless each of its chunks verified. */
  const verified = (plaintext: Uint8Array, fits: readonly boolean[]): Uint8Array => {
    if (!fits.every((fit) => fit)) throw changed();
    return asked(plaintext);
  };

  return {
    maxUpdateBytes: openedAtOnce * sealedChunkBytes,
    update(stored) {
      const bytes = headLeft > 0 ? withoutHead(stored) : stored;
      const plaintext = output.take(chunks.fullWith(bytes) * chunkBytes);
      const fits: (boolean | Promise<boolean>)[] = [];
      chunks.cut(bytes, (chunk, index) => fits.push(open(chunk, plaintext, index * chunkBytes)));
      aead.release();
      return fits.some((fit) => isPromise(fit))
        ? Promise.all(fits).then((all) => verified(plaintext, all))
        : verified(plaintext, fits as boolean[]);
    },
    finish() {
      if (!frame.endsBody) {
        if (chunks.rest.length > 0) throw changed();
        return undefined;
      }
      if (headLeft > 0 || chunks.rest.length < tagBytes) throw changed();
      const plaintext = output.take(chunks.rest.length - tagBytes);
      const fits = open(chunks.rest, plaintext, 0);
      return isPromise(fits) ? fits.then((fit) => verified(plaintext, [fit])) : verified(plaintext, [fits]);
    },
    recycle: (bytes) => output.recycle(bytes),
  };
}

function changed(): IntegrityError {
  return new IntegrityError(
    'The content is not what was sealed: it was changed, cut, put in another order, or mixed with that of another object. ' +
      'Do not use what was read; restore the object from a copy or an older version.',
  );
}

/** S2: base nonce XOR the chunk's number, as a 96-bit big-endian number. The number exceeds 32 bits. */
export function nonceOfChunk(baseNonce: Uint8Array, chunkNumber: number): Uint8Array<ArrayBuffer> {
  if (!(chunkNumber < maxChunks)) throw new RangeError('A body has at most 2^38 chunks.');
  const nonce = new Uint8Array(baseNonce);
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
