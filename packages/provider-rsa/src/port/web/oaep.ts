import { KeyUnwrapError, sealedLabel } from '@oss-envelope/core';
import type { RsaWrapAlgorithm } from '../rsa-port.js';

/** How RSAES-OAEP wraps (RFC 8017 §7.1). */
export type OaepAlgorithm = Exclude<RsaWrapAlgorithm, 'rsa-pkcs1'>;

/** RSAES-OAEP as Web Crypto names it for a key, to which the hash belongs there. */
export const oaepKeys = {
  'rsa-oaep-sha1': { name: 'RSA-OAEP', hash: 'SHA-1' },
  'rsa-oaep-sha256': { name: 'RSA-OAEP', hash: 'SHA-256' },
} as const;

const oaepUses: Readonly<Record<OaepAlgorithm, RsaOaepParams>> = {
  'rsa-oaep-sha1': { name: 'RSA-OAEP' },
  'rsa-oaep-sha256': { name: 'RSA-OAEP', label: new TextEncoder().encode(sealedLabel) },
};

/** Encrypts with a Web Crypto key; the result is as long as the modulus. */
export async function encryptOaep(
  algorithm: OaepAlgorithm,
  key: CryptoKey,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.encrypt(oaepUses[algorithm], key, Uint8Array.from(bytes)));
}

/**
 * Decrypts with a Web Crypto key.
 *
 * @throws KeyUnwrapError for whatever does not open
 */
export async function decryptOaep(
  algorithm: OaepAlgorithm,
  key: CryptoKey,
  wrapped: Uint8Array,
): Promise<Uint8Array> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(oaepUses[algorithm], key, Uint8Array.from(wrapped)));
  } catch {
    throw new KeyUnwrapError();
  }
}
