import { assertCrc64 } from './crc64-value.js';
import { type Halves, joinHalves, multiply, splitHalves } from './polynomial.js';

/** x^8: what a zero byte multiplies a register by. */
const zeroByte: Halves = { high: 1 << (31 - 8), low: 0 };

/**
 * The CRC-64/XZ of A followed by B, from the CRCs of both: crcA · x^(8·lengthB) + crcB modulo P.
 *
 * @param crcA - CRC of the first part, unsigned 64 bits
 * @param crcB - CRC of the second part, unsigned 64 bits
 * @param lengthBBytes - length of the second part in bytes, a safe integer of at least 0
 * @throws RangeError when an argument is out of its range
 */
export function combineCrc64(crcA: bigint, crcB: bigint, lengthBBytes: number): bigint {
  assertCrc64(crcA, 'crcA');
  assertCrc64(crcB, 'crcB');
  if (!Number.isSafeInteger(lengthBBytes) || lengthBBytes < 0) {
    throw new RangeError(`lengthBBytes must be a safe integer of at least 0, got ${lengthBBytes}`);
  }
  let value = splitHalves(crcA);
  // x^(8 * 2^k), by squaring.
  let power = zeroByte;
  for (let rest = lengthBBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) value = multiply(value, power);
    power = multiply(power, power);
  }
  return joinHalves(value.high, value.low) ^ crcB;
}
