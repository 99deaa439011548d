/**
 * Percent-encodes UTF-8 text, leaving only RFC 3986 §2.3's unreserved characters as they are.
 * Both signature generations use it.
 *
 * @param text - any well-formed text
 * @throws URIError when the text holds half a surrogate pair
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
