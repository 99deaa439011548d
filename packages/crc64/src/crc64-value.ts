const limit = 1n << 64n;

/**
 * Checks that a value is an unsigned 64-bit BigInt.
 *
 * @param name - the argument's name, for the message
 * @throws RangeError when it is not
 */
export function assertCrc64(value: bigint, name: string): void {
  if (typeof value !== 'bigint' || value < 0n || value >= limit) {
    throw new RangeError(`${name} must be a bigint of 0 to 2^64 - 1`);
  }
}

/**
 * A CRC as the response header `x-oss-hash-crc64ecma` has it: unsigned decimal.
 *
 * @throws RangeError when the value is not an unsigned 64-bit BigInt
 */
export function formatCrc64(value: bigint): string {
  assertCrc64(value, 'value');
  return value.toString();
}

/**
 * Reads the text of the response header `x-oss-hash-crc64ecma`: 1 to 20 decimal digits, below 2^64.
 *
 * @returns the CRC, or `undefined` when the text is anything else
 */
export function parseCrc64(text: string): bigint | undefined {
  if (!/^[0-9]{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < limit ? value : undefined;
}
