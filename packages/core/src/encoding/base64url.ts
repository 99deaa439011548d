import { decodeBase64, encodeBase64 } from './base64.js';

/** Base64url of `bytes` without padding (RFC 4648 §5, RFC 7515 §2). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

/**
 * The bytes of canonical base64url without padding (RFC 4648 §5, RFC 7515 §2), or undefined for anything else. What it
 * takes is what `encodeBase64Url` gives back.
 */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const standard = text.replace(/-/g, '+').replace(/_/g, '/');
  return decodeBase64(standard.padEnd(Math.ceil(text.length / 4) * 4, '='));
}
