import type { ServiceError, TransportError } from '../errors/errors.js';
import { redirectError } from './network-failure.js';
import { networkError } from './system-failure.js';
import { toldBy } from './told-failure.js';

/**
 * The error of a `fetch` that failed. It tells a code such as ECONNREFUSED, but no address and no URL.
 *
 * @param error - what fetch rejected with
 */
export function fetchFailure(error: unknown): ServiceError | TransportError {
  const { isRedirect, code } = toldBy(error);
  return isRedirect ? redirectError(undefined) : networkError(code);
}
