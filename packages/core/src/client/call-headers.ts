import { formatUserMetadata } from '../envelope/user-metadata.js';
import type { HeadOptions, PutOptions } from './option-types.js';

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

/**
 * The headers of an object to be stored, without its envelope.
 *
 * @throws InvalidArgumentError for metadata that cannot be stored
 */
export function objectHeaders(options: PutOptions): Record<string, string> {
  const headers: Record<string, string> = {
    ...callHeaders(options.headers),
    ...formatUserMetadata(options.metadata ?? {}),
    'content-type': options.contentType ?? 'application/octet-stream',
  };
  if (options.forbidOverwrite) headers['x-oss-forbid-overwrite'] = 'true';
  return headers;
}
