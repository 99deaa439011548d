/**
 * What a streamed request asks for so that it follows no redirect. Fetch keeps a copy of a streamed body for the case of
 * one, the whole of it, unless the mode is 'error'; Cloudflare's workerd knows 'follow' and 'manual' only.
 */
export type StreamRedirect = 'error' | 'manual';

/** Looks at a runtime. */
export function detectStreamRedirect(RequestClass: typeof Request): StreamRedirect {
  try {
    return new RequestClass('http://localhost/', { redirect: 'error' }).redirect === 'error'
      ? 'error'
      : 'manual';
  } catch {
    return 'manual';
  }
}

let detected: StreamRedirect | undefined;

/** The same for this runtime. It is looked at once. */
export function streamRedirect(): StreamRedirect {
  detected ??= detectStreamRedirect(Request);
  return detected;
}
