import { createAead, unclearedBytes } from '#aead';
import { isPromise } from '../stream/is-promise.js';
import { tagBytes } from './aead.js';
import type { ContentTransform, EncryptedPiece, SealingChunks } from './content-scheme.js';
import { type ChunkKey, Chunks, nonceOfChunk, Output } from './sealed-chunks.js';
import { chunkBytes, headBytes, sealedChunkBytes, sealedSize } from './sealed-sizes.js';

/** Seals the chunks of one key. */
export function sealingChunks(key: ChunkKey): SealingChunks {
  return {
    encryptor: (piece) => sealingTransform(key, piece),
    encryptBytes: (plaintext) => sealBytes(plaintext, key),
  };
}

/** Chunks that are sealed at a time: each time costs a turn of the transport, and a write of it takes 256 KiB at most. */
const sealedAtOnce = 15;

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
    aead.seal(nonceOfChunk(key.baseNonce, chunkNumber++, aead.nonce()), chunk, into, at);

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
    const wait = aead.seal(nonceOfChunk(key.baseNonce, index, aead.nonce()), chunk, output, at);
    if (isPromise(wait)) await wait;
    if (index % sealedAtOnce === 0) aead.release();
  }
  aead.release();
  return output;
}
