import { tagBytes } from './aead.js';
import type { ContentKey, ContentScheme, SealedChunks } from './content-scheme.js';
import { chunkBytes, headBytes, sealedChunkBytes, sealedSize } from './sealed-sizes.js';

/**
 * Authenticated content: Cobblestone-256 (C2SP chunked-encryption), clauses S1 to S9 of the format. Chunks of 16 KiB,
 * each with a tag, behind a head that commits to the key.
 */
export const sealed: ContentScheme = {
  algorithm: 'cobblestone-256',
  authenticates: true,
  unitBytes: chunkBytes,
  // S9: parts are whole chunks, so that each can be sealed by itself.
  partMultipleBytes: chunkBytes,
  storedSize: sealedSize,
  storedOffset: (plaintextOffsetBytes) =>
    plaintextOffsetBytes === 0 ? 0 : headBytes + (plaintextOffsetBytes / chunkBytes) * sealedChunkBytes,
  // S7: the chunks that hold them wherever they begin, and a short last chunk.
  storedSuffix: (plaintextBytes) =>
    sealedChunkBytes * (Math.ceil(plaintextBytes / chunkBytes) + 1) + tagBytes,
  encryptor: (key, piece) => able(key, 'encryptor')(piece),
  encryptBytes: (plaintext, key) => able(key, 'encryptBytes')(plaintext),
  decryptor: (key, frame) => able(key, 'decryptor')(frame),
};

/** What a key does, if it is one of this scheme that was made for it. */
function able<Name extends keyof SealedChunks>(key: ContentKey, name: Name): NonNullable<SealedChunks[Name]> {
  const does = 'aeadKey' in key ? key.chunks[name] : undefined;
  if (does !== undefined) return does;
  throw new TypeError('A key of another content scheme, or one that was made for something else.');
}
