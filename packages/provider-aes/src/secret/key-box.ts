import { KeyUnwrapError, type SecretBytes, sealedLabel } from '@oss-envelope/core';

// Clause S14, `aes-256-gcm`.

/** What the box of a wrapping key is called in the envelope. */
export const wrapAlgorithm = 'aes-256-gcm';

const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const boxBytes = nonceBytes + keyBytes + tagBytes;

/** RFC 5869 §2.3: the first block of HKDF-Expand is HMAC(secret, info | 1), which is longer than what is taken of it. */
const firstBlock = new TextEncoder().encode(`${sealedLabel}\0${wrapAlgorithm}\x01`);

/**
 * S14: the key of the boxes: HKDF-Expand (RFC 5869 §2.3) with HMAC-SHA-512 of the secret, under a name of this purpose;
 * 32 bytes, which do not leave Web Crypto.
 */
export async function deriveBoxKey(secret: SecretBytes): Promise<CryptoKey> {
  const hmac = await crypto.subtle.importKey(
    'raw',
    Uint8Array.from(secret.bytes),
    { name: 'HMAC', hash: 'SHA-512' },
    false,
    ['sign'],
  );
  const block = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, firstBlock));
  const key = crypto.subtle.importKey('raw', block.subarray(0, keyBytes), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);
  return key.finally(() => block.fill(0));
}

/** S14: 12 random bytes, the wrapping key under AES-256-GCM with the label as additional data, and the tag. */
export async function sealKey(boxKey: CryptoKey, key: Uint8Array, label: Uint8Array): Promise<Uint8Array> {
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const sealed = await crypto.subtle.encrypt(parameters(nonce, label), boxKey, Uint8Array.from(key));
  const box = new Uint8Array(boxBytes);
  box.set(nonce);
  box.set(new Uint8Array(sealed), nonceBytes);
  return box;
}

/**
 * The key in a box.
 *
 * @throws KeyUnwrapError for a box of another length, another secret or label, or one that was changed
 */
export async function openKey(boxKey: CryptoKey, box: Uint8Array, label: Uint8Array): Promise<Uint8Array> {
  if (box.length !== boxBytes) throw new KeyUnwrapError();
  const bytes = Uint8Array.from(box);
  try {
    const nonce = bytes.subarray(0, nonceBytes);
    const sealed = bytes.subarray(nonceBytes);
    return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, label), boxKey, sealed));
  } catch {
    throw new KeyUnwrapError();
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, label: Uint8Array): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: Uint8Array.from(label), tagLength: tagBytes * 8 };
}
