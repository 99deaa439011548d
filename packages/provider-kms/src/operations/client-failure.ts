import { isOssEnvelopeError, TransportError } from '@oss-envelope/core';
import { isPassingSystemCode } from '@oss-envelope/core/adapter';
import type { KmsAction } from './kms-operations.js';
import { garbledAnswerError, refusalError } from './service-refusal.js';

/** Codes of OpenSSL for an answer that is not TLS, such as that of a server of plain HTTP. */
const noTls = /^(?:ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/;
/** Codes of OpenSSL and Node for a certificate whose issuer is not trusted. */
const unknownAuthority =
  /^(?:UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?)|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT(?:_IN_CHAIN)?)$/;
const otherCertificateTrouble = /^(?:CERT_|ERR_TLS_|HOSTNAME_MISMATCH)/;
const plainToken = /^[A-Z][A-Z0-9_]{2,60}$/;

/**
 * This project's error for whatever a KMS client threw. Of the clients' errors nothing but codes is kept: their
 * messages hold the URL with access key id, signature, security token and parameters.
 */
export function clientFailure(action: KmsAction, thrown: unknown): Error {
  if (isOssEnvelopeError(thrown)) return thrown;
  const error = record(thrown);
  const data = record(error.data);
  const status = error.statusCode ?? data.statusCode ?? statusInMessage(error.message);
  const code = data.Code ?? data.code;
  if (code !== undefined || status !== undefined) {
    return refusalError(action, {
      status,
      // 1.2.0 appends "Error" to the service's code, and has "undefinedError" where there is none.
      code:
        code ?? (typeof error.code === 'string' ? error.code.replace(/^undefined|Error$/g, '') : undefined),
      requestId: data.RequestId ?? data.requestId ?? error.requestId,
      // Clients of 3.x have it of the header x-acs-retry-after, in milliseconds.
      retryAfterMs:
        typeof error.retryAfter === 'number' && error.retryAfter >= 0 ? error.retryAfter : undefined,
    });
  }
  if (thrown instanceof SyntaxError || error.name === 'SyntaxError') return garbledAnswerError(action);
  return connectionFailure(action, error);
}

function connectionFailure(action: KmsAction, error: Record<string, unknown>): TransportError {
  // fetch says what happened in the cause of its TypeError.
  const code = [error.code, record(error.cause).code].find(
    (candidate): candidate is string => typeof candidate === 'string' && plainToken.test(candidate),
  );
  if (code !== undefined && unknownAuthority.test(code)) {
    return new TransportError(
      `The certificate of the KMS endpoint is of an authority that is not trusted here (${code}). Pass the authority's ` +
        'certificate: as `ca` with endpoint and credentials to kmsProvider, or by NODE_EXTRA_CA_CERTS for fetch and for a ' +
        'client of your own. Do not switch the verification off.',
      { retryable: false },
    );
  }
  if (code !== undefined && otherCertificateTrouble.test(code)) {
    return new TransportError(
      `The certificate of the KMS endpoint does not hold (${code}). Check the endpoint's name and the certificate's dates.`,
      { retryable: false },
    );
  }
  if (code !== undefined && noTls.test(code)) {
    return new TransportError(
      `What answers at the KMS endpoint does not speak TLS (${code}). Check the endpoint and its port; for a local KMS ` +
        'without TLS give the whole URL, such as http://127.0.0.1:8090.',
      { retryable: false },
    );
  }
  if (error.name === 'RequestTimeoutError') return timeoutError(action);
  if (code !== undefined) {
    return new TransportError(
      `KMS could not be reached for ${action} (${code}). Check region or endpoint and the network.`,
      { retryable: isPassingSystemCode(code) },
    );
  }
  const isFetchFailure = error.name === 'TypeError' || error.name === 'NetworkError';
  return new TransportError(
    isFetchFailure
      ? `KMS could not be reached for ${action}. Check region or endpoint, the network, and in a browser what its console says.`
      : `The KMS client failed at ${action} without an answer of the service. Check how the client was made.`,
    { retryable: isFetchFailure },
  );
}

/** The error of a call that took longer than it may. */
export function timeoutError(action: KmsAction, timeoutMs?: number): TransportError {
  return new TransportError(
    `KMS did not answer ${action} ${timeoutMs === undefined ? 'in time' : `within ${timeoutMs} ms`}. ` +
      'Check the network, or allow more by timeoutMs.',
    { retryable: true },
  );
}

/** 1.2.0 has the status nowhere else; the message starts with code and "code: 404,". */
function statusInMessage(message: unknown): unknown {
  return typeof message === 'string' ? /^(?:[^\s:]+: )?code: (\d{3})\b/.exec(message)?.[1] : undefined;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
