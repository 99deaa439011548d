import { hmacSha512 } from '#aead';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { OutOfRangeError } from '../errors/errors.js';

// The key schedule and the sizes of Cobblestone-256 (C2SP chunked-encryption), as clauses S1 to S4 of the format have it.

/** S3: bytes of plaintext in each chunk but the last, which has fewer. */
export const chunkBytes: number = 16 * 1024;
/** A chunk with its tag. */
export const sealedChunkBytes: number = chunkBytes + 16;
/** S1: the salt, the first bytes of a body. */
export const saltBytes = 24;
/** The salt and the commitment, before the first chunk. */
export const headBytes = 56;
/** S2: chunk numbers stay below this. */
export const maxChunks: number = 2 ** 38;
/** The largest plaintext, in bytes. */
export const maxPlaintextBytes: number = 2 ** 52 - 1;

const label = new TextEncoder().encode('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0');
const dataKeyBytes = 32;
const [keyEnd, nonceEnd, commitmentEnd] = [32, 44, 76];

/** What one body is sealed under: derived from the data key, the salt and the context. */
export interface SealedKey {
  /** The object's data key, 32 bytes. */
  readonly dataKey: SecretBytes;
  readonly aeadKey: Uint8Array;
  /** 12 bytes: the nonce of chunk 0. */
  readonly baseNonce: Uint8Array;
  /** Salt and commitment: the first bytes of the body. */
  readonly head: Uint8Array;
}

/**
 * S1: HKDF-Expand (RFC 5869 §2.3) with HMAC-SHA-512, 76 bytes, without Extract: the data key is the pseudorandom key.
 *
 * @param salt - 24 bytes, random, fresh for every attempt to seal an object (S8)
 */
export async function deriveSealedKey(
  dataKey: SecretBytes,
  salt: Uint8Array,
  context: Uint8Array,
): Promise<SealedKey> {
  const { bytes } = dataKey;
  if (bytes.length !== dataKeyBytes)
    throw new OutOfRangeError('dataKey', `must be ${dataKeyBytes} bytes long`);
  if (salt.length !== saltBytes) throw new OutOfRangeError('salt', `must be ${saltBytes} bytes long`);
  const info = [label, salt, context];
  const first = await hmacSha512(bytes, [...info, Uint8Array.of(1)]);
  const second = await hmacSha512(bytes, [first, ...info, Uint8Array.of(2)]);
  const derived = new Uint8Array(128);
  derived.set(first);
  derived.set(second, first.length);
  const head = new Uint8Array(headBytes);
  head.set(salt);
  head.set(derived.subarray(nonceEnd, commitmentEnd), saltBytes);
  return {
    dataKey,
    aeadKey: derived.slice(0, keyEnd),
    baseNonce: derived.slice(keyEnd, nonceEnd),
    head,
  };
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
