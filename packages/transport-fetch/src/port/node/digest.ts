import { createHash, createHmac, createSecretKey } from 'node:crypto';
import type { Digest } from '../digest.js';

/** OpenSSL through `node:crypto`. A request needs two hashes: Web Crypto sends each of them to another thread and back. */
export const digest: Digest = {
  sha256Hex: (text) => createHash('sha256').update(text).digest('hex'),
  importHmacKey(hash, secret) {
    const algorithm = hash === 'SHA-1' ? 'sha1' : 'sha256';
    const key = typeof secret === 'string' ? createSecretKey(secret, 'utf8') : createSecretKey(secret);
    return (text) => Uint8Array.from(createHmac(algorithm, key).update(text).digest());
  },
};
