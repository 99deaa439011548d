import { md5Digest } from '../adapter/md5-digest.js';
import type { StoredPart } from '../contract/object-transport.js';
import { encodeHex } from '../encoding/hex.js';

/**
 * Whether a part that the server lists is of these bytes: by its CRC-64; where that is not known, by its ETag, which is
 * the MD5 of a part in hex (OSS documentation, "UploadPart"). Its number and size alone prove nothing: who can write to
 * the bucket can have replaced it.
 *
 * @param crc64 - of `bytes`, in decimal, where sums are made
 */
export async function isPartOf(
  bytes: Uint8Array,
  crc64: string | undefined,
  part: StoredPart,
): Promise<boolean> {
  if (part.sizeBytes !== bytes.length) return false;
  if (part.crc64 !== undefined && crc64 !== undefined) return part.crc64 === crc64;
  const md5 = /^"?([0-9a-f]{32})"?$/i.exec(part.etag)?.[1]?.toLowerCase();
  return md5 !== undefined && encodeHex(await md5Digest(bytes)) === md5;
}
