import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { aloneBytes } from '../../encoding/bytes.js';
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
  const opened = (nonce: Uint8Array, sealed: Uint8Array, additional: Uint8Array | undefined) => {
    const textBytes = sealed.length - tagBytes;
    if (textBytes < 0) return undefined;
    const decipher = createDecipheriv(algorithm, secret, nonce, { authTagLength: tagBytes });
    if (additional !== undefined) decipher.setAAD(additional);
    decipher.setAuthTag(sealed.subarray(textBytes));
    const plaintext = decipher.update(sealed.subarray(0, textBytes));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plaintext;
  };
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
      const plaintext = opened(nonce, sealed, additional);
      if (plaintext === undefined) return false;
      into.set(plaintext, offset);
      spent.push(plaintext);
      return true;
    },
    openAlone(nonce, sealed, additional) {
      const plaintext = opened(nonce, sealed, additional);
      return plaintext && aloneBytes(plaintext);
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

const temporary = new Uint8Array(1024);

/** Memory for what is done with before anything else runs. Node's for an array of its own costs 1 to 3 us. */
export function temporaryBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return sizeBytes <= temporary.length ? temporary.subarray(0, sizeBytes) : new Uint8Array(sizeBytes);
}

/** HMAC-SHA-512 of Node under a key. */
export function createHmacSha512(key: Uint8Array): Hmac {
  const secret = opensslKey(key);
  return (text) => createHmac('sha512', secret).update(text).digest();
}
