import { decodeHex, encodeHex } from '@oss-envelope/core/adapter';

/** The non-negative number in `bytes`, big-endian (OS2IP, RFC 8017 §4.2). */
export function bytesToNumber(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${encodeHex(bytes)}`);
}

/** `value` in exactly `lengthBytes` bytes, big-endian (I2OSP, RFC 8017 §4.1); it must fit. */
export function numberToBytes(value: bigint, lengthBytes: number): Uint8Array<ArrayBuffer> {
  return decodeHex(value.toString(16).padStart(lengthBytes * 2, '0'))!;
}

/** `base ** exponent % modulus`, square and multiply: for public exponents, since its time tells the exponent's bits. */
export function powerOfPublicExponent(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

/**
 * `base ** exponent % modulus` by Montgomery's ladder: the same two multiplications for each bit of the exponent,
 * whatever it is. A multiplication of big integers itself still takes time that depends on its operands.
 */
export function powerOfSecretExponent(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const ladder: [bigint, bigint] = [1n, base % modulus];
  for (const digit of exponent.toString(2)) {
    const bit = digit === '1' ? 1 : 0;
    const product = (ladder[0] * ladder[1]) % modulus;
    ladder[bit] = (ladder[bit]! * ladder[bit]!) % modulus;
    ladder[1 - bit] = product;
  }
  return ladder[0];
}

/** The number by which `value` gives 1 modulo `modulus` (extended Euclid), or `undefined` if there is none. */
export function inverse(value: bigint, modulus: bigint): bigint | undefined {
  let [a, b] = [modulus, value % modulus];
  let [x, y] = [0n, 1n];
  while (b > 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return a === 1n ? (x + modulus) % modulus : undefined;
}

/** The primes below `limit`, in their order. */
export function primesBelow(limit: number): readonly bigint[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate < limit; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes.map(BigInt);
}
