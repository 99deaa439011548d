import type { Headers } from '../contract/object-transport.js';
import { TransportError } from '../errors/errors.js';

/** Headers that OSS sends: a request id with every answer, and an ETag for what it stored or holds. */
export type OssMark = 'etag' | 'x-oss-request-id';

/**
 * Whether an answer has one of the headers that tell it from the answer of a gateway or a login page, which may be 2xx
 * too. A CORS rule or a CDN can hide them.
 */
export function isFromOss(
  headers: Headers,
  marks: readonly OssMark[] = ['etag', 'x-oss-request-id'],
): boolean {
  return marks.some((name) => headers[name]);
}

/** Refuses an answer that shows none of what OSS always sends. */
export function assertFromOss(headers: Headers, ...names: OssMark[]): void {
  if (isFromOss(headers, names)) return;
  throw new TransportError(
    `The answer is not one of OSS: it has no ${names.join(' and no ')}. Check the endpoint, and whether a proxy or a login ` +
      "page answers for it; for a browser, the bucket's CORS rule must expose these headers.",
    { retryable: false },
  );
}
