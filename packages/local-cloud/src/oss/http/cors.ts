const METHODS = 'GET, PUT, POST, DELETE, HEAD';
const MAX_AGE_SECONDS = '600';

/** The answer's headers to a CORS preflight: everything is allowed, for any origin. */
export function preflightHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return {
    'access-control-allow-origin': headers.origin ?? '*',
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    'access-control-allow-private-network': 'true',
    'access-control-max-age': MAX_AGE_SECONDS,
    vary: 'Origin',
  };
}

/** The headers that let a page of another origin read an answer with these headers. */
export function exposingHeaders(
  requestHeaders: Readonly<Record<string, string>>,
  responseHeaders: Readonly<Record<string, string>>,
): Record<string, string> {
  if (requestHeaders.origin === undefined) return {};
  return {
    'access-control-allow-origin': requestHeaders.origin,
    'access-control-expose-headers': ['content-length', 'date', ...Object.keys(responseHeaders)].join(', '),
    vary: 'Origin',
  };
}
