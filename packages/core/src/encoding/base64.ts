import * as port from '#base64';

/** Base64 of `bytes` (RFC 4648 §4): standard alphabet, padded, one line. */
export function encodeBase64(bytes: Uint8Array): string {
  return port.encodeBase64(bytes);
}

/**
 * The bytes of canonical base64 (RFC 4648 §4 and §3.5), or `undefined` for anything else: another alphabet, missing
 * padding, white space, or non-zero trailing bits. What it accepts is what `encodeBase64` gives back.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  return port.decodeBase64(text);
}
