import { createHash } from 'node:crypto';
import { combineCrc64, crc64Of } from './crc64.js';
import type { Segment } from './segment.js';
import { SyntheticSegment } from './synthetic-segment.js';

const chunkBytes = 256 * 1024;

/** Bytes that take no storage, and their sums. */
interface RepeatedContent {
  readonly segment: Segment;
  readonly crc64: bigint;
  /** An ETag of the usual shape; not an MD5 of the bytes. */
  readonly etag: string;
}

/** The bytes of `block` over and over, `sizeBytes` of them. The block is copied. */
export async function repeatedContent(block: Uint8Array, sizeBytes: number): Promise<RepeatedContent> {
  if (block.length === 0) throw new RangeError('block must hold at least one byte');
  const segment = new SyntheticSegment(repeatedTo(block, chunkBytes), sizeBytes);
  const crc64 = await repeatedCrc64(block, sizeBytes);
  const etag = createHash('md5').update(`synthetic:${crc64}:${sizeBytes}`).digest('hex').toUpperCase();
  return { segment, crc64, etag };
}

function repeatedTo(block: Uint8Array, bytes: number): Uint8Array {
  const times = Math.max(1, Math.floor(bytes / block.length));
  const whole = new Uint8Array(block.length * times);
  for (let i = 0; i < times; i += 1) whole.set(block, i * block.length);
  return whole;
}

/** CRC-64 of `block` over and over, `sizeBytes` long, by doubling. */
async function repeatedCrc64(block: Uint8Array, sizeBytes: number): Promise<bigint> {
  let total = await crc64Of(block.subarray(0, sizeBytes % block.length));
  let power = await crc64Of(block);
  let powerBytes = block.length;
  for (let count = Math.floor(sizeBytes / block.length); count > 0; count = Math.floor(count / 2)) {
    if (count % 2 === 1) total = combineCrc64(power, total, sizeBytes % powerBytes);
    power = combineCrc64(power, power, powerBytes);
    powerBytes *= 2;
  }
  return total;
}
