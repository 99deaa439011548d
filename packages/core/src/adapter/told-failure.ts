import type { ServiceError, TransportError } from '../errors/errors.js';
import { exchangeError, redirectError, untoldError } from './network-failure.js';

/** The errors of a runtime may be of another realm, as in Jest. */
function isErrorLike(value: unknown): value is { message?: unknown; code?: unknown; cause?: unknown } {
  return typeof value === 'object' && value !== null && 'message' in value;
}

/**
 * What a runtime tells of a `fetch` that failed.
 *
 * @internal
 */
export function toldBy(error: unknown): { readonly isRedirect: boolean; readonly code: string | undefined } {
  const texts: string[] = [];
  let code: string | undefined;
  for (let cause = error; isErrorLike(cause) && texts.length < 10; cause = cause.cause) {
    if (typeof cause.message === 'string') texts.push(cause.message);
    if (typeof cause.code === 'string') {
      texts.push(cause.code);
      if (/^[A-Z][A-Z0-9_]+$/.test(cause.code)) code ??= cause.code;
    }
  }
  // A refused redirect fails like a broken network (Fetch, "HTTP fetch"). The runtimes say so only in their texts.
  return { isRedirect: texts.some((text) => /redirect/i.test(text)), code };
}

/** As `fetchFailure`, for pages: what knows the codes of systems, of which browsers tell none, is loaded with the first. */
export async function explainedFetchFailure(error: unknown): Promise<ServiceError | TransportError> {
  const { isRedirect, code } = toldBy(error);
  if (isRedirect) return redirectError(undefined);
  if (code === undefined) return untoldError();
  try {
    const { networkError } = await import('./system-failure.js');
    return networkError(code);
  } catch {
    return exchangeError(undefined, 'Check the endpoint and the network', true);
  }
}
