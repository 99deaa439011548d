/**
 * Percent-encodes the UTF-8 bytes of a text. Only RFC 3986 §2.3's unreserved characters `A-Z a-z 0-9 - . _ ~` stay,
 * hexadecimal digits are upper case, a space becomes `%20`. Every signature of both services encodes so.
 * @throws {URIError} When the text holds half a surrogate pair.
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** {@link percentEncode} for a path: the slashes between segments stay. */
export function percentEncodePath(path: string): string {
  return path.split('/').map(percentEncode).join('/');
}
