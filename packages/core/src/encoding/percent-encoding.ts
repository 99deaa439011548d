/**
 * Percent-encodes the UTF-8 bytes of a text, all but `A-Z a-z 0-9 - . _ ~` (RFC 3986 §2.3), in upper-case hexadecimal.
 * The result means the same in a URL and in a canonical request, and a URL parser does not change it.
 *
 * @throws URIError when the text holds half a surrogate pair
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The same for an object's key, whose slashes stay.
 *
 * @throws URIError when the key holds half a surrogate pair
 */
export function percentEncodePath(path: string): string {
  return percentEncode(path).replaceAll('%2F', '/');
}
