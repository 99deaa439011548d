// The cipher and the checksum without any I/O, and the bare cipher of Node on the same chunks.
import { createCipheriv, randomBytes } from 'node:crypto';
import { encryptContent } from '@oss-envelope/core';
import { createCrc64 } from '@oss-envelope/crc64';

const chunkBytes = 256 * 1024;
const dataKey = randomBytes(32);
const counterBlock = randomBytes(16);
const chunk = randomBytes(chunkBytes);

async function* chunksOf(sizeBytes) {
  for (let sent = 0; sent < sizeBytes; sent += chunkBytes) yield chunk;
}

/** Each is given the context of the sample, and gives what is timed. */
export const arms = {
  'bare createCipheriv':
    ({ sizeBytes }) =>
    () => {
      const cipher = createCipheriv('aes-256-ctr', dataKey, counterBlock);
      for (let sent = 0; sent < sizeBytes; sent += chunkBytes) cipher.update(chunk);
    },
  encryptContent:
    ({ sizeBytes }) =>
    async () => {
      for await (const _ of encryptContent(chunksOf(sizeBytes), { dataKey, counterBlock }));
    },
  'CRC-64 alone':
    ({ sizeBytes }) =>
    () => {
      const crc64 = createCrc64();
      for (let sent = 0; sent < sizeBytes; sent += chunkBytes) crc64.update(chunk);
      crc64.digest();
    },
  'encryptContent and CRC-64':
    ({ sizeBytes }) =>
    async () => {
      const crc64 = createCrc64();
      const encrypted = encryptContent(chunksOf(sizeBytes), { dataKey, counterBlock });
      for await (const bytes of encrypted) crc64.update(bytes);
      crc64.digest();
    },
};
