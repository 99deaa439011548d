import { MasterKeyError } from '@oss-envelope/core';
import type { KeyRole } from './key-half.js';
import { bytesToNumber, primesBelow } from './modular-arithmetic.js';
import { bitLength, type RsaPublicComponents } from './rsa-components.js';

/** What is known of either half of a pair. */
export interface RsaKeyFacts {
  readonly modulusBits: number;
  /** Big-endian. */
  readonly publicExponent: Uint8Array<ArrayBuffer>;
  /** The public numbers; undefined for a key that the runtime does not give out. */
  readonly publicComponents: RsaPublicComponents | undefined;
}

/** NIST SP 800-131A: shorter moduli are not acceptable for key transport. */
const smallestModulusBits = 2048;
/** What OpenSSL computes with (`OPENSSL_RSA_MAX_MODULUS_BITS` in openssl/rsa.h). */
const largestModulusBits = 16_384;
/** FIPS 186-5 A.1.1: 2^16 < e. */
const leastExponentToWrite = 65_537n;
/** What OpenSSL encrypts with under large moduli (`OPENSSL_RSA_MAX_PUBEXP_BITS` in openssl/rsa.h). */
const mostExponentBitsToWrite = 64;
/** NIST SP 800-89 §5.3.3: a modulus has no prime factor below 752. */
const smallFactorLimit = 752;

/**
 * Refuses a key that no RSA implementation makes: damaged, or made to betray what it wraps. What a key must have beyond
 * that depends on its use: {@link assertMayWrite} and {@link assertMayRead}.
 *
 * @throws MasterKeyError
 */
export function assertSoundKey(role: KeyRole, key: RsaKeyFacts): void {
  if (key.modulusBits > largestModulusBits) {
    throw new MasterKeyError(
      `${role} has ${key.modulusBits} bits; ${largestModulusBits} are the most. Make a pair of 3072 or 4096 bits.`,
    );
  }
  const e = bytesToNumber(key.publicExponent);
  if (e < 3n || e % 2n === 0n) throw unsound(role, 'its public exponent is not an odd number of 3 or more.');
  if (key.publicComponents === undefined) return;
  const n = bytesToNumber(key.publicComponents.n);
  if (e >= n) throw unsound(role, 'its public exponent is not below its modulus.');
  // Zero is a multiple of each.
  if (primesBelow(smallFactorLimit).some((prime) => n % prime === 0n)) {
    throw unsound(role, 'its modulus has a small factor, so anybody can take it apart.');
  }
}

/** Keys that were found good enough to write with. Nothing of a key changes. */
const mayWrite = new WeakSet<RsaKeyFacts>();

/**
 * Refuses a key that is too weak to write with.
 *
 * @throws MasterKeyError
 */
export function assertMayWrite(key: RsaKeyFacts): void {
  if (mayWrite.has(key)) return;
  const { modulusBits, publicExponent } = key;
  if (modulusBits < smallestModulusBits) {
    throw new MasterKeyError(
      `publicKey has ${modulusBits} bits; ${smallestModulusBits} are the least for writing. Make a larger pair, and keep this one for reading only.`,
    );
  }
  const e = bytesToNumber(publicExponent);
  if (e < leastExponentToWrite || bitLength(publicExponent) > mostExponentBitsToWrite) {
    throw new MasterKeyError(
      `publicKey has a public exponent that is not used for writing: it must be ${leastExponentToWrite} or more, and of ${mostExponentBitsToWrite} bits at most. Make a new pair with generateRsaKeyPair, and keep this one for reading only.`,
    );
  }
  mayWrite.add(key);
}

/**
 * Refuses a key that is too small to trust what it opens, unless the caller allows it.
 *
 * @throws MasterKeyError
 */
export function assertMayRead({ modulusBits }: RsaKeyFacts, allowSmallKeys: boolean): void {
  if (modulusBits >= smallestModulusBits || allowSmallKeys) return;
  throw new MasterKeyError(
    `privateKey has ${modulusBits} bits, fewer than ${smallestModulusBits}. To read old objects with it all the same, pass allowSmallKeysForReading: true; then encrypt them anew with a larger pair.`,
  );
}

function unsound(role: KeyRole, cause: string): MasterKeyError {
  return new MasterKeyError(
    `${role} cannot be used: ${cause} It is damaged, or was made to give away what it wraps. Compare it with the file or the store it came from, or make a new pair.`,
  );
}
