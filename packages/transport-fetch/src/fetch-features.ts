/** What the runtime's `fetch` can do. */
export interface FetchFeatures {
  /** Whether a stream may be a request's body, over HTTP/1.1 too, with a Content-Length of our own. */
  readonly streamsRequests: boolean;
  /** What to ask for so that a streamed request follows no redirect. */
  readonly streamRedirect: 'error' | 'manual';
  /** Request options that only browsers need, and that others may refuse. */
  readonly browserInit: RequestInit;
}

let detected: FetchFeatures | undefined;

const probeUrl = 'http://localhost/';

function keepsContentLength(): boolean {
  return new Request(probeUrl, { headers: { 'content-length': '1' } }).headers.has('content-length');
}

function knowsRedirectError(): boolean {
  try {
    return new Request(probeUrl, { redirect: 'error' }).redirect === 'error';
  } catch {
    return false; // Cloudflare's workerd knows 'follow' and 'manual' only
  }
}

/**
 * Looks at the runtime, once. A browser is told by its forbidding Content-Length (Fetch, "forbidden request-header"):
 * there, either no stream can be a body (Firefox, Safari), or only over HTTP/2, which OSS does not speak (Chromium).
 */
export function fetchFeatures(): FetchFeatures {
  detected ??= detectFeatures();
  return detected;
}

function detectFeatures(): FetchFeatures {
  const isBrowser = !keepsContentLength();
  return {
    streamsRequests: !isBrowser,
    // Fetch keeps a copy of a streamed body for the case of a redirect, the whole of it, unless the mode is 'error'.
    streamRedirect: knowsRedirectError() ? 'error' : 'manual',
    // The HTTP cache would give an object that has changed since, and cookies are nobody's business.
    browserInit: isBrowser ? { cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' } : {},
  };
}
