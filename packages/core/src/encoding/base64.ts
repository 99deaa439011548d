/** The last character before the padding ends in zero bits: only then is there one text for the bytes. */
const canonical = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/** Base64 of `bytes` (RFC 4648 §4): standard alphabet, padded, one line. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  // String.fromCharCode takes its bytes as arguments, whose number engines limit.
  for (let offset = 0; offset < bytes.length; offset += 0x2000) {
    // Spread into arguments, an array of bytes is walked by its iterator, at eight times the cost.
    binary += String.fromCharCode.apply(null, bytes.subarray(offset, offset + 0x2000) as unknown as number[]);
  }
  return btoa(binary);
}

/**
 * The bytes of canonical base64 (RFC 4648 §4 and §3.5), or `undefined` for anything else: another alphabet, missing
 * padding, white space, or non-zero trailing bits. What it accepts is what `encodeBase64` gives back.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!canonical.test(text)) return undefined;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
