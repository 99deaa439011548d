import type { HeadOptions } from './option-types.js';

/** The headers of a caller's option, names in lower case. */
export function callHeaders(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The headers of a read: those given as such, and the conditions. */
export function readHeaders(options: HeadOptions): Record<string, string> {
  const headers = callHeaders(options.headers);
  if (options.ifMatch !== undefined) headers['if-match'] = options.ifMatch;
  if (options.ifNoneMatch !== undefined) headers['if-none-match'] = options.ifNoneMatch;
  if (options.ifModifiedSince) headers['if-modified-since'] = options.ifModifiedSince.toUTCString();
  if (options.ifUnmodifiedSince) headers['if-unmodified-since'] = options.ifUnmodifiedSince.toUTCString();
  return headers;
}
