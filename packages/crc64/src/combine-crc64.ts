import { assertCrc64 } from './crc64-value.js';
import { type Halves, joinHalves, multiply, splitHalves } from './polynomial.js';

/** Lengths are safe integers, so at most 53 squarings are needed. */
const lengthBits = 53;

let powers: Halves[] | undefined;

/** Entry k is x^(8 * 2^k): what 2^k zero bytes multiply a register by. */
function buildPowers(): Halves[] {
  const list: Halves[] = [{ high: 1 << (31 - 8), low: 0 }];
  for (let k = 1; k < lengthBits; k++) list.push(multiply(list[k - 1]!, list[k - 1]!));
  return list;
}

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
  powers ??= buildPowers();
  let value = splitHalves(crcA);
  let rest = lengthBBytes;
  for (let k = 0; rest > 0; k++) {
    if (rest % 2 === 1) value = multiply(value, powers[k]!);
    rest = Math.floor(rest / 2);
  }
  return joinHalves(value.high, value.low) ^ crcB;
}
