import { AlgorithmNotSupportedError } from '@oss-envelope/core';
import { encodeHex } from '@oss-envelope/core/adapter';

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

/** SHA-256 of a text's UTF-8 bytes, in hex. */
export async function sha256Hex(text: string): Promise<string> {
  return encodeHex(new Uint8Array(await subtle().digest('SHA-256', encoder.encode(text))));
}

/** Imports a secret for {@link hmac}. */
export function importHmacKey(
  hash: 'SHA-1' | 'SHA-256',
  secret: string | Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
  const bytes = typeof secret === 'string' ? encoder.encode(secret) : secret;
  return subtle().importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign']);
}

/** HMAC (RFC 2104) of a text's UTF-8 bytes. */
export async function hmac(key: CryptoKey, text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await subtle().sign('HMAC', key, encoder.encode(text)));
}
