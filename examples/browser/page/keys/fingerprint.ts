/** SHA-256 in hex. Of a text it is that of its UTF-8. */
export async function fingerprintOf(publicHalf: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof publicHalf === 'string' ? new TextEncoder().encode(publicHalf) : publicHalf;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A fingerprint in groups of four, which people can compare. */
export const groupsOf = (hex: string): string[] => hex.match(/.{4}/g) ?? [];
