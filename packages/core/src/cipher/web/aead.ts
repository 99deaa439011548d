import { type Aead, type Hmac, nonceBytes } from '../aead.js';
import { subtleBytes } from './subtle-bytes.js';

/** AES-256-GCM of Web Crypto, asynchronous. */
export function createAead(key: Uint8Array): Aead {
  const imported = crypto.subtle.importKey('raw', Uint8Array.from(key), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);
  // A failed import rejects each call; without one it must not be an unhandled rejection.
  imported.catch(() => {});
  const parameters = (nonce: Uint8Array, additional: Uint8Array | undefined): AesGcmParams => ({
    name: 'AES-GCM',
    iv: nonce as Uint8Array<ArrayBuffer>,
    ...(additional !== undefined && { additionalData: additional as Uint8Array<ArrayBuffer> }),
  });
  const opened = async (
    nonce: Uint8Array,
    sealed: Uint8Array,
    additional: Uint8Array | undefined,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const cipher = await imported;
    const text = subtleBytes(sealed);
    const opening = crypto.subtle.decrypt(parameters(nonce, additional), cipher, text);
    const plaintext = await opening.catch(() => undefined);
    return plaintext && new Uint8Array(plaintext);
  };
  return {
    // The key may still be waited for when the next call comes.
    nonce: () => new Uint8Array(nonceBytes),
    async seal(nonce, plaintext, into, offset, additional) {
      const text = subtleBytes(plaintext);
      const sealed = await crypto.subtle.encrypt(parameters(nonce, additional), await imported, text);
      into.set(new Uint8Array(sealed), offset);
    },
    async open(nonce, sealed, into, offset, additional) {
      const plaintext = await opened(nonce, sealed, additional);
      if (plaintext === undefined) return false;
      into.set(plaintext, offset);
      return true;
    },
    openAlone: opened,
    release: () => {},
  };
}

/** New memory. This platform clears all of it. */
export function unclearedBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sizeBytes);
}

/** Memory for what is done with soon: new, since others may run meanwhile. */
export function temporaryBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sizeBytes);
}

/** HMAC-SHA-512 of Web Crypto under a key. */
export function createHmacSha512(key: Uint8Array): Hmac {
  const parameters = { name: 'HMAC', hash: 'SHA-512' };
  const imported = crypto.subtle.importKey('raw', Uint8Array.from(key), parameters, false, ['sign']);
  imported.catch(() => {});
  return async (text) =>
    new Uint8Array(await crypto.subtle.sign('HMAC', await imported, text as Uint8Array<ArrayBuffer>));
}
