import { createCipheriv } from 'node:crypto';
import type { AesCtr } from '../aes-ctr.js';
import { opensslKey } from './openssl-key.js';

/**
 * Each update makes new memory. Up to 128 KiB, glibc takes it from its heap, and gives it back there. A larger piece
 * would be mapped into the process and cleared each time (mallopt(3), M_MMAP_THRESHOLD).
 */
const maxUpdateBytes = 120 * 1024;

/** The cipher of Node, synchronous; Deno and Bun have it too. OpenSSL's counter is 128 bits wide and wraps. */
export function createAesCtr(key: Uint8Array, counterBlock: Uint8Array): AesCtr {
  const cipher = createCipheriv('aes-256-ctr', opensslKey(key), counterBlock);
  return {
    maxUpdateBytes,
    update: (bytes) => {
      const output = cipher.update(bytes);
      return new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
    },
  };
}
