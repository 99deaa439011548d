import { ServiceError, TransportError } from '../errors/errors.js';

const placeAdvice =
  "Use the region and the endpoint of the bucket: the console shows them on the bucket's page";

/**
 * The error of an answer that points to another place. It is not followed, since the signature is for this endpoint.
 *
 * @param status - undefined where the runtime hides it
 */
export function redirectError(status: number | undefined, requestId?: string | undefined): ServiceError {
  const ids = [status && `HTTP ${status}`, requestId && `request id ${requestId}`].filter(Boolean);
  return new ServiceError(
    `OSS answered with a redirect${ids.length > 0 ? ` (${ids.join(', ')})` : ''}, which is not followed. ${placeAdvice}.`,
    { service: 'OSS', status, requestId, retryable: false },
  );
}

/**
 * The error of an exchange that failed, without an address and without what a runtime says.
 *
 * @param code - such as `ECONNREFUSED`; undefined where the runtime tells none, as browsers do
 */
export function exchangeError(code: string | undefined, advice: string, retryable: boolean): TransportError {
  return new TransportError(
    `The request could not be sent, or its answer did not arrive${code === undefined ? '' : ` (${code})`}. ${advice}.`,
    { retryable },
  );
}

/** The error of an exchange of which a runtime tells nothing: it may succeed later. */
export function untoldError(): TransportError {
  return exchangeError(
    undefined,
    "Check the endpoint and the network, and in a browser the bucket's CORS rules",
    true,
  );
}

/** The error of a connection that was closed before the exchange was complete. */
export function closedEarlyError(): TransportError {
  return new TransportError('The connection was closed before the exchange was complete. Try again.', {
    retryable: true,
  });
}

/** The error of a network that was silent for too long. */
export function silenceError(timeoutMs: number): TransportError {
  return new TransportError(
    `The network made no progress for ${timeoutMs} ms. Try again, or raise idleTimeoutMs.`,
    { retryable: true },
  );
}
