/** Header with the CRC-64 of an object, in decimal. */
export const crc64HeaderName = 'x-oss-hash-crc64ecma';

/** The CRC-64 header, or nothing when the sum is not known. */
export function crc64Header(crc64: bigint | undefined): Record<string, string> {
  return crc64 === undefined ? {} : { [crc64HeaderName]: crc64.toString() };
}
