import { TransportError } from '@oss-envelope/core';

/** System errors that pass. Others, such as an unknown host or a bad certificate, need someone to change something. */
const passing = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);

const advice: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Check the endpoint of the ali-oss client, its port included',
  ENOTFOUND: 'Check the region and the endpoint of the ali-oss client',
  HPE_HEADER_OVERFLOW: 'The answer has more headers than Node allows: raise --max-http-header-size',
};

/** How node:http calls it that a stream was destroyed under it. */
const destroyed = new Set(['ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * An error of node:http, without what it may carry of the exchange (`rawPacket` holds bytes of the object): only its
 * code is kept.
 */
export function networkFailure(error: unknown): TransportError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (destroyed.has(code)) return closedEarly();
  const todo = advice[code] ?? (passing.has(code) ? 'Try again' : 'Check the network and the endpoint');
  return new TransportError(`The exchange with OSS failed (${code}). ${todo}.`, {
    retryable: passing.has(code),
  });
}

/** The connection was closed in order, but before the exchange was at its end. */
export function closedEarly(): TransportError {
  return new TransportError(
    'The connection was closed before the exchange with OSS was complete. Try again.',
    {
      retryable: true,
    },
  );
}
