import { ServiceError, TransportError } from '../errors/errors.js';
import { isPassingSystemCode } from './retry.js';

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

const adviceBySystemCode: ReadonlyMap<string, string> = new Map([
  ['EAI_AGAIN', 'The name server did not answer: check the network, or try again'],
  ['ECONNREFUSED', 'Nothing listens there: check the endpoint, its port included'],
  [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'What answers there does not speak TLS: check the port of the endpoint, and whether it is http (a local OSS) or https',
  ],
  ['ENOTFOUND', 'There is no such host: check the region and the endpoint'],
  ['HPE_HEADER_OVERFLOW', 'The answer has more headers than Node allows: raise --max-http-header-size'],
]);

/**
 * The error of an exchange that the network or the system failed. Of what the runtime says, only the code is told: the
 * rest may hold addresses, URLs and bytes.
 *
 * @param code - such as `ECONNREFUSED`; undefined where the runtime tells none
 */
export function networkError(code: string | undefined): TransportError {
  const known = code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : undefined;
  const retryable = isPassingSystemCode(known);
  const advice =
    adviceBySystemCode.get(known ?? '') ??
    (known === undefined
      ? "Check the endpoint and the network, and in a browser the bucket's CORS rules"
      : retryable
        ? 'Try again'
        : 'Check the endpoint and the network');
  return new TransportError(
    `The request could not be sent, or its answer did not arrive${known === undefined ? '' : ` (${known})`}. ${advice}.`,
    { retryable },
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
