import type { TransportError } from '../errors/errors.js';
import { exchangeError, untoldError } from './network-failure.js';

/**
 * System errors that pass. ENOTFOUND is not among them: by it a name server says that there is no such host, so the
 * endpoint is wrong; one that cannot answer is EAI_AGAIN. Nor are bad certificates and broken HTTP.
 */
const passingSystemCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
]);

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
 * Whether a request that the system failed with this code may succeed later, as it is.
 *
 * @param code - such as `ECONNRESET`; undefined where the runtime tells none, as browsers do: then it may
 */
export function isPassingSystemCode(code: string | undefined): boolean {
  return code === undefined || passingSystemCodes.has(code);
}

/**
 * The error of an exchange that the network or the system failed. Of what the runtime says, only the code is told: the
 * rest may hold addresses, URLs and bytes.
 *
 * @param code - such as `ECONNREFUSED`; undefined where the runtime tells none
 */
export function networkError(code: string | undefined): TransportError {
  const known = code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : undefined;
  if (known === undefined) return untoldError();
  const retryable = isPassingSystemCode(known);
  const advice =
    adviceBySystemCode.get(known) ?? (retryable ? 'Try again' : 'Check the endpoint and the network');
  return exchangeError(known, advice, retryable);
}
