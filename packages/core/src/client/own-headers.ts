import { formatUserMetadata } from '../envelope/metadata-headers.js';
import { callHeaders } from './call-headers.js';
import { callerHeaders } from './call-option-checks.js';
import type { UploadOptions } from './option-types.js';

/**
 * The headers and the metadata that a caller stores with an object, as headers.
 *
 * @throws InvalidArgumentError for a header that is not the caller's to set, and for metadata that cannot be stored
 */
export function ownHeaders({
  headers = {},
  metadata = {},
}: Pick<UploadOptions, 'headers' | 'metadata'>): Record<string, string> {
  return {
    ...callHeaders(callerHeaders('options.headers', headers)),
    ...formatUserMetadata(metadata),
  };
}
