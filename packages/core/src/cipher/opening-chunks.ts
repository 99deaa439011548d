import { createAead } from '#aead';
import { equalBytes } from '../encoding/bytes.js';
import { IntegrityError } from '../errors/errors.js';
import { isPromise } from '../stream/is-promise.js';
import { tagBytes } from './aead.js';
import type { Decryptor, OpeningChunks, StoredFrame } from './content-scheme.js';
import { type ChunkKey, Chunks, nonceOfChunk, Output } from './sealed-chunks.js';
import { chunkBytes, headBytes, sealedChunkBytes } from './sealed-sizes.js';

/** Opens the chunks of one key. */
export function openingChunks(key: ChunkKey): OpeningChunks {
  return { decryptor: (frame) => openingTransform(key, frame) };
}

/** Whether a chunk is what was sealed. */
type Fit = boolean | Promise<boolean>;

/**
 * Chunks that are opened at a time. What comes out stays below 128 KiB, where memory is cheap (mallopt(3),
 * M_MMAP_THRESHOLD): readers may keep it.
 */
const openedAtOnce = 7;

/**
 * Opens the chunks of a frame. A chunk is handed on only after its tag verified (S6), and of it only what was asked for
 * (S7). A body that ends without a chunk that is short is an error, and so is anything behind one.
 */
function openingTransform(key: ChunkKey, frame: StoredFrame): Decryptor {
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
  const open = (chunk: Uint8Array, into: Uint8Array, at: number): Fit =>
    aead.open(nonceOfChunk(key.baseNonce, chunkNumber++, aead.nonce()), chunk, into, at);
  /** Nothing of the plaintext, unless each of its chunks verified. */
  const verified = (plaintext: Uint8Array, fits: readonly boolean[]): Uint8Array => {
    if (!fits.every((fit) => fit)) throw changed();
    return asked(plaintext);
  };
  const settled = (plaintext: Uint8Array, fits: readonly Fit[]): Uint8Array | Promise<Uint8Array> =>
    fits.some((fit) => isPromise(fit))
      ? Promise.all(fits).then((all) => verified(plaintext, all))
      : verified(plaintext, fits as boolean[]);

  /** The last chunk of the frame, into memory of its own. What is too short for a tag does not fit. */
  const openLast = (chunk: Uint8Array): Uint8Array | Promise<Uint8Array> => {
    const nonce = nonceOfChunk(key.baseNonce, chunkNumber, aead.nonce());
    const taken = (plaintext: Uint8Array | undefined): Uint8Array => {
      if (plaintext === undefined) throw changed();
      return asked(plaintext);
    };
    const opened = aead.openAlone(nonce, chunk);
    return isPromise(opened) ? opened.then(taken) : taken(opened);
  };

  return {
    maxUpdateBytes: openedAtOnce * sealedChunkBytes,
    update(stored) {
      const bytes = headLeft > 0 ? withoutHead(stored) : stored;
      const plaintext = output.take(chunks.fullWith(bytes) * chunkBytes);
      const fits: Fit[] = [];
      chunks.cut(bytes, (chunk, index) => fits.push(open(chunk, plaintext, index * chunkBytes)));
      aead.release();
      return settled(plaintext, fits);
    },
    whole(stored) {
      const bytes = headLeft > 0 ? withoutHead(stored) : stored;
      const lastBytes = bytes.length % sealedChunkBytes;
      if (lastBytes < tagBytes && (frame.endsBody || lastBytes > 0)) throw changed();
      const count = Math.ceil(bytes.length / sealedChunkBytes);
      if (count === 1) return openLast(bytes);
      const plaintext = output.take(bytes.length - count * tagBytes);
      const fits = Array.from({ length: count }, (_, index) => {
        const at = index * sealedChunkBytes;
        return open(bytes.subarray(at, at + sealedChunkBytes), plaintext, index * chunkBytes);
      });
      aead.release();
      return settled(plaintext, fits);
    },
    finish() {
      if (!frame.endsBody) {
        if (chunks.rest.length > 0) throw changed();
        return undefined;
      }
      return openLast(chunks.rest);
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
