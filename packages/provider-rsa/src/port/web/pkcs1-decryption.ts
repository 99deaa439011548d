import { KeyUnwrapError } from '@oss-envelope/core';
import { doesNotParse } from '../../keys/key-errors.js';
import { privateHalf } from '../../keys/key-half.js';
import {
  bytesToNumber,
  inverse,
  numberToBytes,
  powerOfPublicExponent,
  powerOfSecretExponent,
} from '../../keys/modular-arithmetic.js';
import type { RsaPrivateComponents } from '../../keys/rsa-components.js';
import { mostRounds, type RandomBytes, uselessRandomness } from './useless-randomness.js';

export { unpadPkcs1 } from '../pkcs1-unpadding.js';

/**
 * The raw RSA operation with the private key (RSADP with the Chinese remainder theorem, RFC 8017 §5.1.2), on a blinded
 * number and with blinded exponents. JavaScript's big integers do not take constant time; blinding makes what they
 * leak depend on fresh random numbers.
 *
 * @throws KeyUnwrapError for a ciphertext that is not below the modulus
 * @throws MasterKeyError when the key's numbers do not fit each other
 */
export function decryptRaw(
  key: RsaPrivateComponents,
  ciphertext: Uint8Array,
  randomBytes: RandomBytes,
): Uint8Array<ArrayBuffer> {
  const n = bytesToNumber(key.n);
  const e = bytesToNumber(key.e);
  const p = bytesToNumber(key.p);
  const q = bytesToNumber(key.q);
  const c = bytesToNumber(ciphertext);
  if (c >= n) throw new KeyUnwrapError();

  const { factor, unblind } = blindingOf(n, key.n.length, randomBytes);
  const blinded = (c * powerOfPublicExponent(factor, e, n)) % n;

  // By Fermat, a multiple of prime - 1 added to the exponent changes its bits and not the result.
  const halfPower = (exponent: Uint8Array, prime: bigint): bigint =>
    powerOfSecretExponent(
      blinded,
      bytesToNumber(exponent) + bytesToNumber(randomBytes(8)) * (prime - 1n),
      prime,
    );
  const ofP = halfPower(key.dp, p);
  const ofQ = halfPower(key.dq, q);
  const height = ((((ofP - ofQ) * bytesToNumber(key.qi)) % p) + p) % p;
  const power = (ofQ + height * q) % n;
  // A fault in one half would give away a prime (Boneh, DeMillo and Lipton 1997).
  if (powerOfPublicExponent(power, e, n) !== blinded) throw doesNotParse(privateHalf);
  return numberToBytes((power * unblind) % n, key.n.length);
}

/** A random number and its inverse. */
function blindingOf(
  n: bigint,
  lengthBytes: number,
  randomBytes: RandomBytes,
): { readonly factor: bigint; readonly unblind: bigint } {
  for (let round = 0; round < mostRounds; round++) {
    const factor = bytesToNumber(randomBytes(lengthBytes)) % n;
    const unblind = inverse(factor, n);
    if (unblind !== undefined) return { factor, unblind };
  }
  throw uselessRandomness();
}
