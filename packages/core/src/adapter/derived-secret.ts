import { SecretBytes } from '../contract/secret-bytes.js';

/**
 * A secret of 32 bytes for one purpose out of a master key, of which it tells nothing: HMAC-SHA-256 of the purpose (RFC
 * 2104). For `KeyProvider.deriveSecret`.
 *
 * @param master - a secret of 32 random bytes or more, or one that cannot be guessed either
 */
export async function deriveSecret(master: Uint8Array, purpose: string): Promise<SecretBytes> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', Uint8Array.from(master), algorithm, false, ['sign']);
  const derived = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(purpose));
  return new SecretBytes(new Uint8Array(derived));
}
