import { AlgorithmNotSupportedError, KeyUnwrapError, MasterKeyError } from '@oss-envelope/core';
import type { KeyRole } from '../../keys/key-half.js';
import type { RsaKeyFacts } from '../../keys/rsa-key-check.js';
import type { CryptoKeyLike } from '../../keys/rsa-key-input.js';
import type { RsaPrivateKey, RsaPublicKey, RsaWrapAlgorithm } from '../rsa-port.js';
import { decryptOaep, encryptOaep, type OaepAlgorithm, oaepKeys } from './oaep.js';

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
      return await encryptOaep(oaepOf('publicKey', key, algorithm), key as CryptoKey, bytes);
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
  const facts = factsOf(key);
  return {
    ...facts,
    hashedExponent: undefined,
    async unwrap(algorithm, wrapped) {
      const oaep = oaepOf('privateKey', key, algorithm);
      // Some runtimes take shorter input for a smaller number; no encryption makes it (RFC 8017 §7.1.2, step 1).
      if (wrapped.length !== Math.ceil(facts.modulusBits / 8)) throw new KeyUnwrapError();
      return await decryptOaep(oaep, key as CryptoKey, wrapped);
    },
  };
}

function factsOf(key: CryptoKeyLike): RsaKeyFacts {
  const { modulusLength, publicExponent } = key.algorithm as RsaHashedKeyAlgorithm;
  return { modulusBits: modulusLength, publicExponent, publicComponents: undefined };
}

function assertOaepKey(role: KeyRole, key: CryptoKeyLike, use: 'encrypt' | 'decrypt'): void {
  const { name, hash } = key.algorithm as RsaHashedKeyAlgorithm;
  const isOaep = name === 'RSA-OAEP' && Object.values(oaepKeys).some((known) => known.hash === hash.name);
  if (isOaep && key.usages.includes(use)) return;
  throw new MasterKeyError(
    `${role} is a CryptoKey that is not extractable, so it must be for RSA-OAEP and ${use}, with SHA-256 for sealed objects or SHA-1 for the others. Import it again with these, or as extractable.`,
  );
}

/** The algorithm, if the key is for it: its hash cannot be changed. */
function oaepOf(role: KeyRole, key: CryptoKeyLike, algorithm: RsaWrapAlgorithm): OaepAlgorithm {
  if (algorithm === 'rsa-pkcs1') {
    throw new AlgorithmNotSupportedError(
      `Web Crypto has no PKCS#1 v1.5 encryption, and ${role} is a CryptoKey that is not extractable. Pass ${role} as PEM, as a JSON Web Key or as an extractable CryptoKey.`,
    );
  }
  const { hash } = key.algorithm as RsaHashedKeyAlgorithm;
  if (hash.name === oaepKeys[algorithm].hash) return algorithm;
  throw new AlgorithmNotSupportedError(
    `${role} is a CryptoKey for ${hash.name} that is not extractable, and this format needs one for ${oaepKeys[algorithm].hash}. Import it again, or as extractable.`,
  );
}
