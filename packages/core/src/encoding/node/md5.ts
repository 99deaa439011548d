import { createHash } from 'node:crypto';
import type { Md5 } from '../md5.js';

/** MD5 by Node. */
export function createMd5(): Md5 {
  const hash = createHash('md5');
  return { update: (bytes) => void hash.update(bytes), digest: () => Uint8Array.from(hash.digest()) };
}
