import { AlgorithmNotSupportedError } from '@oss-envelope/core';
import { encodeHex } from '@oss-envelope/core/adapter';
import type { Digest } from '../digest.js';

const encoder = new TextEncoder();

function subtle(): SubtleCrypto {
  // Browsers hide it from pages that are not served over HTTPS or from localhost (Secure Contexts, W3C).
  const found = globalThis.crypto?.subtle;
  if (!found) {
    throw new AlgorithmNotSupportedError(
      'Requests are signed by Web Crypto, which this page does not have: serve it over HTTPS or from localhost.',
    );
  }
  return found;
}

/** Web Crypto. */
export const digest: Digest = {
  async sha256Hex(text) {
    return encodeHex(new Uint8Array(await subtle().digest('SHA-256', encoder.encode(text))));
  },
  async importHmacKey(hash, secret) {
    const bytes = typeof secret === 'string' ? encoder.encode(secret) : secret;
    const key = await subtle().importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign']);
    return async (text) => new Uint8Array(await subtle().sign('HMAC', key, encoder.encode(text)));
  },
};
