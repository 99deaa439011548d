/**
 * Whether text is base64 exactly as RFC 4648 §4 writes it: standard alphabet, padded, no line breaks, and no
 * bits set where the padding is. The empty text is.
 */
export function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
