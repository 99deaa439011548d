/** What the runtime's `fetch` can do. */
export interface FetchFeatures {
  /** Whether a stream may be a request's body, over HTTP/1.1 too, with a Content-Length of our own. */
  readonly streamsRequests: boolean;
  /** Options of every request that only browsers need, and that others may refuse. */
  readonly browserInit: RequestInit;
  /** The same for requests that only read. */
  readonly readingInit: RequestInit;
}

const probeUrl = 'http://localhost/';

function keepsContentLength(RequestClass: typeof Request): boolean {
  return new RequestClass(probeUrl, { headers: { 'content-length': '1' } }).headers.has('content-length');
}

/**
 * Looks at a runtime. A browser shows itself by forbidding Content-Length (Fetch, "forbidden request-header"). In
 * Firefox and Safari no stream can be a body. In Chromium it can only over HTTP/2, which OSS does not speak.
 */
export function detectFetchFeatures(RequestClass: typeof Request): FetchFeatures {
  const isBrowser = !keepsContentLength(RequestClass);
  return {
    streamsRequests: !isBrowser,
    // OSS needs no cookies and no referrer.
    browserInit: isBrowser ? { credentials: 'omit', referrerPolicy: 'no-referrer' } : {},
    // The HTTP cache would give an object that has changed since. An upload has no use for the option, and it adds
    // `Cache-Control: no-cache` (Fetch, "HTTP-network-or-cache fetch"), which OSS would keep with the object.
    readingInit: isBrowser ? { cache: 'no-store' } : {},
  };
}

let detected: FetchFeatures | undefined;

/** What this runtime's `fetch` can do. It is looked at once. */
export function fetchFeatures(): FetchFeatures {
  detected ??= detectFetchFeatures(Request);
  return detected;
}
