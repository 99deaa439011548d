import { formatUserMetadata } from '../envelope/metadata-headers.js';
import { type Content, handBack } from '../writing/source.js';
import { callHeaders } from './call-headers.js';
import { callerHeaders } from './call-option-checks.js';
import { pairsOf, text } from './option-parsing.js';
import type { UploadOptions } from './option-types.js';

const metadataOf = pairsOf(text);

/**
 * The headers and the metadata that a caller stores with an object, as headers.
 *
 * @param content - what was opened to be stored with them. A mistake in them does not use it up
 * @throws InvalidArgumentError for a header that is not the caller's to set, and for metadata that cannot be stored
 */
export function ownHeaders(
  { headers = {}, metadata = {} }: Pick<UploadOptions, 'headers' | 'metadata'>,
  content: Content | undefined,
): Record<string, string> {
  try {
    return {
      ...callHeaders(callerHeaders('options.headers', headers)),
      ...formatUserMetadata(metadataOf('options.metadata', metadata)),
    };
  } catch (error) {
    handBack(content);
    throw error;
  }
}
