import { envelopeHeaderNames } from '../envelope/envelope-header-names.js';

/**
 * The response headers that a page needs to see: the `ExposeHeader` elements of the bucket's CORS rule. OSS takes no
 * wildcard there, so name your own metadata (`x-oss-meta-author`, say) beside them.
 *
 * @example
 * const rule = exposedHeaders.map((name) => `<ExposeHeader>${name}</ExposeHeader>`).join('');
 * rule.includes('<ExposeHeader>etag</ExposeHeader>'); // => true
 */
export const exposedHeaders: readonly string[] = Object.freeze([
  'content-length',
  'content-range',
  'content-type',
  'date',
  'etag',
  'last-modified',
  'x-oss-ec',
  'x-oss-hash-crc64ecma',
  'x-oss-object-type',
  'x-oss-request-id',
  'x-oss-version-id',
  ...envelopeHeaderNames(),
]);
