import { adviceByHeader } from './header-advice.js';
import { transportHeaders } from './request-headers.js';

/** The headers that the client sets from an option of the call, or that would break what it does. */
const clientHeaders = adviceByHeader({
  'ciphertext is not compressed; compress before you encrypt': 'content-encoding',
  'it would be of the ciphertext; use the option contentMd5': 'content-md5',
  'use the option contentType': 'content-type',
  'use the option range': 'if-range range',
  'it turns the upload into a copy; use the call copy': 'x-oss-copy-source-* x-oss-metadata-directive',
  'use the option forbidOverwrite': 'x-oss-forbid-overwrite',
  'use the option metadata': 'x-oss-meta-*',
  'OSS cannot process ciphertext': 'x-oss-process',
  'the client sets it': 'x-oss-range-behavior',
});

/**
 * What to do instead of setting this header by the option `headers` of a call; undefined for a header that a caller
 * may set.
 *
 * @param name - in any case
 */
export function adviceAgainstHeader(name: string): string | undefined {
  const lowerName = name.toLowerCase();
  return transportHeaders(lowerName) ?? clientHeaders(lowerName);
}
