import type { AesCtr } from '../aes-ctr.js';
import { advanceCounterBlock, blockBytes } from '../counter-block.js';
import { subtleBytes } from './subtle-bytes.js';

/** Larger chunks would cost memory for little speed; smaller ones cost speed, since each is a call to another thread. */
const maxUpdateBytes = 256 * 1024;

/** The cipher of Web Crypto, asynchronous and without a state of its own: each call is given its counter block. */
export function createAesCtr(key: Uint8Array, counterBlock: Uint8Array): AesCtr {
  const imported = crypto.subtle.importKey('raw', Uint8Array.from(key), 'AES-CTR', false, ['encrypt']);
  // A failed import rejects each update; without one it must not be an unhandled rejection.
  imported.catch(() => {});
  let positionBytes = 0;
  return {
    maxUpdateBytes,
    update: async (bytes) => {
      // A call may begin within a block: the bytes before it are padding whose result is dropped.
      const padding = positionBytes % blockBytes;
      const counter = advanceCounterBlock(counterBlock, (positionBytes - padding) / blockBytes);
      positionBytes += bytes.length;
      const padded = padding === 0 ? subtleBytes(bytes) : withPadding(bytes, padding);
      // `length` is the counter's width in bits: with fewer than 128, a carry would be lost.
      const algorithm = { name: 'AES-CTR', counter, length: 128 };
      return new Uint8Array(await crypto.subtle.encrypt(algorithm, await imported, padded), padding);
    },
  };
}

function withPadding(bytes: Uint8Array, paddingBytes: number): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(paddingBytes + bytes.length);
  padded.set(bytes, paddingBytes);
  return padded;
}
