/** Polynomials over GF(2): bit k of a number is the coefficient of x^k. Slow and plain, to check against. */

export function product(a: bigint, b: bigint): bigint {
  let sum = 0n;
  for (let k = 0n; b >> k > 0n; k++) if ((b >> k) & 1n) sum ^= a << k;
  return sum;
}

export function remainder(a: bigint, modulus: bigint): bigint {
  let rest = a;
  while (degree(rest) >= degree(modulus)) rest ^= modulus << BigInt(degree(rest) - degree(modulus));
  return rest;
}

/** x to some power. */
export function power(exponent: bigint, modulus: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = power(exponent >> 1n, modulus);
  return remainder(product(half, half) << (exponent & 1n), modulus);
}

/** The same bits in the opposite order. */
export function reflect(value: bigint, bits: number): bigint {
  return BigInt(`0b${[...value.toString(2).padStart(bits, '0')].reverse().join('')}`);
}

function degree(a: bigint): number {
  return a.toString(2).length - 1;
}
