const maxAgeSeconds = '600';

/**
 * The answer's headers to a CORS preflight: every header may be sent.
 * @param origin Who may send them: an origin, or `*` for all.
 * @param methods The methods of the service.
 * @param askedHeaders The preflight's `Access-Control-Request-Headers`.
 */
export function preflightHeaders(
  origin: string,
  methods: readonly string[],
  askedHeaders: string | undefined,
): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': askedHeaders ?? '*',
    'access-control-allow-private-network': 'true',
    'access-control-max-age': maxAgeSeconds,
    vary: 'Origin',
  };
}

/**
 * The headers that let a page of another origin read an answer.
 * @param exposed Names of the answer's headers that the page may read.
 */
export function exposingHeaders(origin: string, exposed: readonly string[]): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': exposed.join(', '),
    vary: 'Origin',
  };
}
