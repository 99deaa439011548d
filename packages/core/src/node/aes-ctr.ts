import { createCipheriv } from 'node:crypto';
import type { AesCtr } from '../aes-ctr.js';

/** The cipher of Node, synchronous; Deno and Bun have it too. OpenSSL's counter is 128 bits wide and wraps. */
export function createAesCtr(key: Uint8Array, counterBlock: Uint8Array): AesCtr {
  const cipher = createCipheriv('aes-256-ctr', key, counterBlock);
  return {
    update: (bytes) => {
      const output = cipher.update(bytes);
      return new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
    },
  };
}
