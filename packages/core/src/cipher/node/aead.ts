import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { releaseMemories } from '../../stream/release-memory.js';
import { type Aead, type Hmac, nonceBytes, tagBytes } from '../aead.js';
import { opensslKey } from './openssl-key.js';

const algorithm = 'aes-256-gcm';

/** For all calls: each has ended when it returns. The ArrayBuffer of an array that V8 made alone is made here each time. */
const nonceMemory = new Uint8Array(new ArrayBuffer(nonceBytes));

/** AES-256-GCM of Node; Deno and Bun have it too. */
export function createAead(key: Uint8Array): Aead {
  const secret = opensslKey(key);
  let spent: Uint8Array[] = [];
  return {
    nonce: () => nonceMemory,
    seal(nonce, plaintext, into, offset, additional) {
      const cipher = createCipheriv(algorithm, secret, nonce);
      if (additional !== undefined) cipher.setAAD(additional);
      // GCM gives out each byte at once, and nothing at the end.
      const text = cipher.update(plaintext);
      cipher.final();
      into.set(text, offset);
      into.set(cipher.getAuthTag(), offset + plaintext.length);
      spent.push(text);
    },
    open(nonce, sealed, into, offset, additional) {
      const textBytes = sealed.length - tagBytes;
      if (textBytes < 0) return false;
      const decipher = createDecipheriv(algorithm, secret, nonce, { authTagLength: tagBytes });
      if (additional !== undefined) decipher.setAAD(additional);
      decipher.setAuthTag(sealed.subarray(textBytes));
      const plaintext = decipher.update(sealed.subarray(0, textBytes));
      try {
        decipher.final();
      } catch {
        return false;
      }
      into.set(plaintext, offset);
      spent.push(plaintext);
      return true;
    },
    // Freed soon, the same memory serves for the next texts, and is still in the processor's cache then.
    release() {
      releaseMemories(spent);
      spent = [];
    },
  };
}

/** New memory that was not cleared: it holds what was there before until all of it is written. */
export function unclearedBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer);
}

/** HMAC-SHA-512 of Node under a key. */
export function createHmacSha512(key: Uint8Array): Hmac {
  const secret = opensslKey(key);
  return (text) => createHmac('sha512', secret).update(text).digest();
}
