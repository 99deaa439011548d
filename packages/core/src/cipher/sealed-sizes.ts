import { tagBytes } from './aead.js';

// The sizes of Cobblestone-256 (C2SP chunked-encryption), as clauses S1 to S4 of the format have it.

/** S3: bytes of plaintext in each chunk but the last, which has fewer. */
export const chunkBytes: number = 16 * 1024;
/** A chunk with its tag. */
export const sealedChunkBytes: number = chunkBytes + tagBytes;
/** S1: the salt, the first bytes of a body. */
export const saltBytes = 24;
/** The salt and the commitment, before the first chunk. */
export const headBytes = 56;
/** S2: chunk numbers stay below this. */
export const maxChunks: number = 2 ** 38;
/** The largest plaintext, in bytes. */
export const maxPlaintextBytes: number = 2 ** 52 - 1;

/** S4: the size of the body that holds so many bytes of plaintext. */
export function sealedSize(plaintextBytes: number): number {
  return headBytes + plaintextBytes + tagBytes * (Math.floor(plaintextBytes / chunkBytes) + 1);
}
