import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { AcmeService } from '../src/index.js';

/** A stand-in for the service, with a master key of its own. It encrypts as a real one may: AES-256-GCM. */
export function localAcmeService(): AcmeService {
  const masterKey = randomBytes(32);
  return {
    async encrypt(key, label) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(label);
      return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
    },
    async decrypt(wrapped, label) {
      const nonce = wrapped.subarray(0, 12);
      const decipher = createDecipheriv('aes-256-gcm', masterKey, nonce, { authTagLength: 16 });
      decipher.setAAD(label).setAuthTag(wrapped.subarray(-16));
      return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
    },
  };
}
