import { createHmacSha512, temporaryBytes } from '#aead';
import { dataKeyBytes } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { OutOfRangeError } from '../errors/errors.js';
import { isPromise } from '../stream/is-promise.js';
import type { SealedChunks, SealedKey } from './content-scheme.js';
import type { ChunkKey } from './sealed-chunks.js';
import { headBytes, saltBytes } from './sealed-sizes.js';

// The key schedule of Cobblestone-256 (C2SP chunked-encryption), as clause S1 of the format has it.

const label = new TextEncoder().encode('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0');
const digestBytes = 64;
const [keyEnd, nonceEnd, commitmentEnd] = [32, 44, 76];

/**
 * S1: HKDF-Expand (RFC 5869 §2.3) with HMAC-SHA-512, 76 bytes, without Extract: the data key is the pseudorandom key.
 *
 * @param chunksOf - what the key is for: to seal, or to open
 * @param salt - 24 bytes, random, fresh for every attempt to seal an object (S8)
 */
export async function deriveSealedKey(
  chunksOf: (key: ChunkKey) => SealedChunks,
  dataKey: SecretBytes,
  salt: Uint8Array,
  context: Uint8Array,
): Promise<SealedKey> {
  const { bytes } = dataKey;
  if (bytes.length !== dataKeyBytes)
    throw new OutOfRangeError('dataKey', `must be ${dataKeyBytes} bytes long`);
  if (salt.length !== saltBytes) throw new OutOfRangeError('salt', `must be ${saltBytes} bytes long`);
  // T(0) | info | 1, then T(1) | info | 2. T(0) is empty.
  const text = temporaryBytes(digestBytes + label.length + salt.length + context.length + 1);
  text.set(label, digestBytes);
  text.set(salt, digestBytes + label.length);
  text.set(context, digestBytes + label.length + salt.length);
  const hmac = createHmacSha512(bytes);
  text[text.length - 1] = 1;
  const firstSum = hmac(text.subarray(digestBytes));
  const first = isPromise(firstSum) ? await firstSum : firstSum;
  text.set(first);
  text[text.length - 1] = 2;
  const secondSum = hmac(text);
  const second = isPromise(secondSum) ? await secondSum : secondSum;
  // The key is in it.
  text.fill(0);
  // T(1) | T(2), cut into key, nonce and commitment; the last of them begins in the one and ends in the other.
  const head = new Uint8Array(headBytes);
  head.set(salt);
  head.set(first.subarray(nonceEnd), saltBytes);
  head.set(second.subarray(0, commitmentEnd - digestBytes), saltBytes + digestBytes - nonceEnd);
  const key: ChunkKey = {
    aeadKey: first.subarray(0, keyEnd),
    baseNonce: first.subarray(keyEnd, nonceEnd),
    head,
  };
  return { dataKey, ...key, chunks: chunksOf(key) };
}
