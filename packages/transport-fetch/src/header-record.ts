import { type Headers as HeaderRecord, InvalidArgumentError } from '@oss-envelope/core';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Set by the runtime or by the signature, whatever a caller says. */
const ownHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'host',
  'transfer-encoding',
  'x-oss-content-sha256',
  'x-oss-date',
  'x-oss-security-token',
]);

/**
 * A caller's headers, checked, without those that a transport sets by itself.
 *
 * @param kept - one of those that is kept nevertheless
 * @throws InvalidArgumentError that names the header, never its value
 */
export function checkedHeaders(headers: HeaderRecord, kept?: 'content-length'): Record<string, string> {
  const checked: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      throw new InvalidArgumentError('headers', 'must have names that HTTP allows (RFC 9110 §5.1)');
    }
    if (typeof value !== 'string' || /[^\P{Cc}\t]/u.test(value)) {
      throw new InvalidArgumentError(`headers['${name}']`, 'must be a string without control characters');
    }
    const lowerName = name.toLowerCase();
    if (lowerName === kept || !ownHeaders.has(lowerName)) {
      checked.push([lowerName, value.replace(/^[\t ]+|[\t ]+$/g, '')]);
    }
  }
  return Object.fromEntries(checked);
}

/**
 * Headers as `fetch` takes them, so that their values arrive as UTF-8: as such OSS reads and signs them.
 *
 * @param areText - whether the runtime encodes them by itself; the standard takes one character for a byte
 */
export function wireHeaders(headers: HeaderRecord, areText: boolean): HeaderRecord {
  if (areText) return headers;
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, encodeValue(value)]));
}

function encodeValue(value: string): string {
  let encoded = '';
  for (const byte of new TextEncoder().encode(value)) encoded += String.fromCharCode(byte);
  return encoded;
}

/** An answer's headers, names in lower case. `areText` as for {@link wireHeaders}. */
export function responseHeaders(response: Response, areText: boolean): HeaderRecord {
  const entries: [string, string][] = [];
  response.headers.forEach((value, name) => {
    entries.push([name.toLowerCase(), areText ? value : decodeValue(value)]);
  });
  return Object.fromEntries(entries);
}

function decodeValue(value: string): string {
  // Most are ASCII; and a runtime that decodes by itself gives what no byte can be.
  const highest = Math.max(0, ...Array.from(value, (character) => character.codePointAt(0) ?? 0));
  if (highest < 0x80 || highest > 0xff) return value;
  try {
    return utf8.decode(Uint8Array.from(value, (character) => character.charCodeAt(0)));
  } catch {
    return value;
  }
}
