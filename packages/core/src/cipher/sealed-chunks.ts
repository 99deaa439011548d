import { createAead } from '#aead';
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

/** About as much as counter mode takes at a time: what comes out stays below 128 KiB, where memory is cheap. */
const sealedAtOnce = 7 * chunkBytes;

/** Seals chunk after chunk. A chunk goes out when it is full; what is left, perhaps nothing, is the last one (S3). */
function sealingTransform(
  key: ChunkKey,
  { offsetBytes = 0, endsContent = true }: EncryptedPiece = {},
): ContentTransform {
  const aead = createAead(key.aeadKey);
  const pending = new Uint8Array(chunkBytes);
  let pendingBytes = 0;
  let chunkNumber = offsetBytes / chunkBytes;
  let mustHaveHead = offsetBytes === 0;

  /** Room for the head, if it is still to come, and so many more bytes. */
  const begin = (sealedBytes: number): { output: Uint8Array<ArrayBuffer>; at: number } => {
    const at = mustHaveHead ? headBytes : 0;
    const output = new Uint8Array(at + sealedBytes);
    if (mustHaveHead) output.set(key.head);
    mustHaveHead = false;
    return { output, at };
  };
  const keep = (bytes: Uint8Array): void => {
    pending.set(bytes, pendingBytes);
    pendingBytes += bytes.length;
  };

  return {
    maxUpdateBytes: sealedAtOnce,
    update(bytes) {
      const full = Math.floor((pendingBytes + bytes.length) / chunkBytes);
      const { output, at } = begin(full * sealedChunkBytes);
      const waits: (void | Promise<void>)[] = [];
      let taken = 0;
      for (let index = 0; index < full; index++) {
        let chunk: Uint8Array;
        if (index === 0 && pendingBytes > 0) {
          taken = chunkBytes - pendingBytes;
          keep(bytes.subarray(0, taken));
          // What is sealed later must not be overwritten by what comes next.
          chunk = Uint8Array.from(pending);
          pendingBytes = 0;
        } else {
          chunk = bytes.subarray(taken, taken + chunkBytes);
          taken += chunkBytes;
        }
        const nonce = nonceOfChunk(key.baseNonce, chunkNumber++);
        waits.push(aead.seal(nonce, chunk, output, at + index * sealedChunkBytes));
      }
      keep(bytes.subarray(taken));
      return waits.some((wait) => isPromise(wait)) ? Promise.all(waits).then(() => output) : output;
    },
    finish() {
      if (!endsContent) {
        if (pendingBytes > 0) throw new RangeError('A piece that does not end the content is whole chunks.');
        return undefined;
      }
      const { output, at } = begin(pendingBytes + tagBytes);
      const nonce = nonceOfChunk(key.baseNonce, chunkNumber++);
      const wait = aead.seal(nonce, pending.subarray(0, pendingBytes), output, at);
      return isPromise(wait) ? wait.then(() => output) : output;
    },
  };
}

async function sealBytes(plaintext: Uint8Array, key: ChunkKey): Promise<Uint8Array<ArrayBuffer>> {
  const aead = createAead(key.aeadKey);
  const output = new Uint8Array(sealedSize(plaintext.length));
  output.set(key.head);
  const chunks = Math.floor(plaintext.length / chunkBytes) + 1;
  for (let index = 0; index < chunks; index++) {
    const chunk = plaintext.subarray(index * chunkBytes, (index + 1) * chunkBytes);
    await aead.seal(nonceOfChunk(key.baseNonce, index), chunk, output, headBytes + index * sealedChunkBytes);
  }
  return output;
}

/**
 * Opens the chunks of a frame. A chunk is handed on only after its tag verified (S6), and of it only what was asked for
 * (S7). A body that ends without a chunk that is short is an error, and so is anything behind one.
 */
function openingTransform(key: ChunkKey, frame: StoredFrame): ContentTransform {
  const aead = createAead(key.aeadKey);
  const pending = new Uint8Array(sealedChunkBytes);
  let pendingBytes = 0;
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
  const join = (opened: readonly (Uint8Array | undefined)[]): Uint8Array => {
    const parts = opened.map((plaintext) => {
      if (plaintext === undefined) throw changed();
      return asked(plaintext);
    });
    if (parts.length === 1) return parts[0] as Uint8Array;
    const output = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      output.set(part, at);
      at += part.length;
    }
    return output;
  };

  return {
    maxUpdateBytes: 7 * sealedChunkBytes,
    update(stored) {
      const bytes = headLeft > 0 ? withoutHead(stored) : stored;
      const full = Math.floor((pendingBytes + bytes.length) / sealedChunkBytes);
      const opened: (Uint8Array | undefined | Promise<Uint8Array | undefined>)[] = [];
      let taken = 0;
      for (let index = 0; index < full; index++) {
        let chunk: Uint8Array;
        if (index === 0 && pendingBytes > 0) {
          taken = sealedChunkBytes - pendingBytes;
          pending.set(bytes.subarray(0, taken), pendingBytes);
          chunk = Uint8Array.from(pending);
          pendingBytes = 0;
        } else {
          chunk = bytes.subarray(taken, taken + sealedChunkBytes);
          taken += sealedChunkBytes;
        }
        opened.push(aead.open(nonceOfChunk(key.baseNonce, chunkNumber++), chunk));
      }
      const rest = bytes.subarray(taken);
      pending.set(rest, pendingBytes);
      pendingBytes += rest.length;
      return opened.some((plaintext) => isPromise(plaintext))
        ? Promise.all(opened).then(join)
        : join(opened as (Uint8Array | undefined)[]);
    },
    finish() {
      if (!frame.endsBody) {
        if (pendingBytes > 0) throw changed();
        return undefined;
      }
      if (headLeft > 0 || pendingBytes < tagBytes) throw changed();
      const last = aead.open(
        nonceOfChunk(key.baseNonce, chunkNumber++),
        Uint8Array.from(pending.subarray(0, pendingBytes)),
      );
      return isPromise(last) ? last.then((plaintext) => join([plaintext])) : join([last]);
    },
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
  const nonce = Uint8Array.from(baseNonce);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, view.getUint32(4) ^ Math.floor(chunkNumber / 2 ** 32));
  view.setUint32(8, view.getUint32(8) ^ (chunkNumber % 2 ** 32));
  return nonce;
}
