/** The last character before the padding ends in zero bits: only then is there one text for the bytes. */
const canonical = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/** Base64 by what every runtime has. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  // String.fromCharCode takes its bytes as arguments, whose number engines limit.
  for (let offset = 0; offset < bytes.length; offset += 0x2000) {
    // Spread into arguments, an array of bytes is walked by its iterator, at eight times the cost.
    binary += String.fromCharCode.apply(null, bytes.subarray(offset, offset + 0x2000) as unknown as number[]);
  }
  return btoa(binary);
}

export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!canonical.test(text)) return undefined;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
