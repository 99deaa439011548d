import { type Crc64Operations, InvalidArgumentError } from '@oss-envelope/core';
import { combineCrc64, createCrc64, formatCrc64, parseCrc64 } from '@oss-envelope/crc64';

/** CRC-64/XZ in decimal text, as the headers of OSS have it: the port that core sums downloads by. */
export const crc64Operations: Crc64Operations = {
  create: () => {
    const crc = createCrc64();
    return { update: (bytes) => crc.update(bytes), digest: () => formatCrc64(crc.digest()) };
  },
  combine: (parts) => formatCrc64(parts.reduce(append, 0n)),
};

/** @throws InvalidArgumentError when the part's CRC-64 is not one */
function append(
  sum: bigint,
  { crc64, sizeBytes }: { readonly crc64: string; readonly sizeBytes: number },
): bigint {
  const value = parseCrc64(crc64);
  if (value === undefined)
    throw new InvalidArgumentError('parts', 'must have a CRC-64 in decimal, below 2^64');
  return combineCrc64(sum, value, sizeBytes);
}
