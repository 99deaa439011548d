import { AlgorithmNotSupportedError, KeyUnwrapError, MasterKeyError } from '@oss-envelope/core';
import type { KeyRole } from '../../keys/key-errors.js';
import type { RsaKeyFacts } from '../../keys/rsa-key-check.js';
import type { CryptoKeyLike } from '../../keys/rsa-key-input.js';
import type { RsaPrivateKey, RsaPublicKey, RsaWrapAlgorithm } from '../rsa-port.js';

/** RSAES-OAEP with SHA-1 (RFC 8017 §7.1) as Web Crypto names it: the hash belongs to the key. */
export const oaepSha1 = { name: 'RSA-OAEP', hash: 'SHA-1' } as const;

/** Encrypts with a Web Crypto key; the result is as long as the modulus. */
export async function encryptOaep(key: CryptoKey, bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.encrypt(oaepSha1, key, Uint8Array.from(bytes)));
}

/**
 * Decrypts with a Web Crypto key.
 *
 * @throws KeyUnwrapError for whatever does not open
 */
export async function decryptOaep(key: CryptoKey, wrapped: Uint8Array): Promise<Uint8Array> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(oaepSha1, key, Uint8Array.from(wrapped)));
  } catch {
    throw new KeyUnwrapError();
  }
}

/**
 * A public key that the runtime does not give out: OAEP only.
 *
 * @throws MasterKeyError when it was made for another algorithm or use
 */
export function openSealedPublicKey(key: CryptoKeyLike): RsaPublicKey {
  assertOaepKey('publicKey', key, 'encrypt');
  return {
    ...factsOf(key),
    async wrap(algorithm, bytes) {
      assertOaep('publicKey', algorithm);
      return await encryptOaep(key as CryptoKey, bytes);
    },
  };
}

/**
 * A private key that the runtime does not give out: OAEP only.
 *
 * @throws MasterKeyError when it was made for another algorithm or use
 */
export function openSealedPrivateKey(key: CryptoKeyLike): RsaPrivateKey {
  assertOaepKey('privateKey', key, 'decrypt');
  return {
    ...factsOf(key),
    async unwrap(algorithm, wrapped) {
      assertOaep('privateKey', algorithm);
      return await decryptOaep(key as CryptoKey, wrapped);
    },
  };
}

function factsOf(key: CryptoKeyLike): RsaKeyFacts {
  const { modulusLength, publicExponent } = key.algorithm as RsaHashedKeyAlgorithm;
  return { modulusBits: modulusLength, publicExponent, publicComponents: undefined };
}

function assertOaepKey(role: KeyRole, key: CryptoKeyLike, use: 'encrypt' | 'decrypt'): void {
  const { name, hash } = key.algorithm as RsaHashedKeyAlgorithm;
  if (name === oaepSha1.name && hash.name === oaepSha1.hash && key.usages.includes(use)) return;
  throw new MasterKeyError(
    `${role} is a CryptoKey that is not extractable, so it must be for RSA-OAEP with SHA-1 and ${use}. Import it anew with these, or as extractable.`,
  );
}

function assertOaep(role: KeyRole, algorithm: RsaWrapAlgorithm): void {
  if (algorithm === 'rsa-oaep-sha1') return;
  throw new AlgorithmNotSupportedError(
    `Web Crypto has no PKCS#1 v1.5 encryption, and ${role} is a CryptoKey that is not extractable. Pass ${role} as PEM, as a JSON Web Key or as an extractable CryptoKey.`,
  );
}
