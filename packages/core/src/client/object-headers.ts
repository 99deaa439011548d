import { formatUserMetadata } from '../envelope/user-metadata.js';
import { callHeaders } from './call-headers.js';
import type { PutOptions } from './option-types.js';

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
