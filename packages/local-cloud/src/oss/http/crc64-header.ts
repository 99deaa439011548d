/** Header with the CRC-64 of an object, in decimal. */
export const CRC64_HEADER = 'x-oss-hash-crc64ecma';

/** The CRC-64 header, or nothing when the sum is not known. */
export function crc64Header(crc64: bigint | undefined): Record<string, string> {
  return crc64 === undefined ? {} : { [CRC64_HEADER]: crc64.toString() };
}
