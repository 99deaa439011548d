/**
 * What a streamed request asks for so that it follows no redirect. Fetch keeps a copy of a streamed body for the case of
 * one, the whole of it, unless the mode is 'error'; Cloudflare's workerd knows 'follow' and 'manual' only.
 */
export function streamRedirect(RequestClass: typeof Request = Request): 'error' | 'manual' {
  try {
    return new RequestClass('http://localhost/', { redirect: 'error' }).redirect === 'error'
      ? 'error'
      : 'manual';
  } catch {
    return 'manual';
  }
}
