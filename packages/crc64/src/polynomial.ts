/**
 * Arithmetic modulo the polynomial of CRC-64/XZ, in halves of 32 bits.
 *
 * P(x) = x^64 + 0x42f0e1eba9ea3693 (ECMA-182, the generator of DLT1 tape). CRC-64/XZ is reflected: the most
 * significant bit of a value stands for x^0 and the least significant for x^63, as in the specification
 * of the .xz file format, section 6.
 */

/** The upper half of P without x^64, bit-reflected. */
export const reflectedHigh: number = 0xc96c5795 | 0;
/** The lower half of P without x^64, bit-reflected. */
export const reflectedLow: number = 0xd7870f42 | 0;

/** A value of 64 bits as two signed 32-bit halves: BigInt arithmetic is some forty times slower. */
export interface Halves {
  high: number;
  low: number;
}

/** Splits an unsigned 64-bit value. */
export function splitHalves(value: bigint): Halves {
  return { high: Number(value >> 32n) | 0, low: Number(value & 0xffffffffn) | 0 };
}

/** Joins two halves into an unsigned 64-bit value. */
export function joinHalves(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The product of two residues modulo P. */
export function multiply(a: Halves, b: Halves): Halves {
  let high = 0;
  let low = 0;
  let powerHigh = b.high;
  let powerLow = b.low;
  for (let bit = 0; bit < 64; bit++) {
    const take = bit < 32 ? -((a.high >>> (31 - bit)) & 1) : -((a.low >>> (63 - bit)) & 1);
    high ^= powerHigh & take;
    low ^= powerLow & take;
    // times x: a shift towards the least significant bit, then the reduction of x^64
    const carry = -(powerLow & 1);
    powerLow = ((powerLow >>> 1) | (powerHigh << 31)) ^ (reflectedLow & carry);
    powerHigh = (powerHigh >>> 1) ^ (reflectedHigh & carry);
  }
  return { high, low };
}
