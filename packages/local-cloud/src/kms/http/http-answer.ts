import type { IncomingMessage, ServerResponse } from 'node:http';
import { resetConnection } from '../../common/connection-reset.js';
import { exposingHeaders, preflightHeaders } from '../../common/cors.js';
import { ServiceError } from './service-error.js';

/** The content type of every answer that the service itself gives. */
const jsonType = 'application/json;charset=utf-8';

/** What is sent back. */
export interface HttpAnswer {
  readonly status: number;
  /** The service's error code, for a refusal. */
  readonly code: string | undefined;
  readonly body: string;
  readonly contentType: string;
}

/** The answer of an operation that succeeded. */
export function successAnswer(fields: Readonly<Record<string, unknown>>, requestId: string): HttpAnswer {
  const body = JSON.stringify({ ...fields, RequestId: requestId });
  return { status: 200, code: undefined, body, contentType: jsonType };
}

/**
 * The error JSON for whatever an operation threw; anything unforeseen is `InternalFailure`, without its message.
 *
 * @param hostId - the host that the client asked for
 */
export function refusalAnswer(error: unknown, requestId: string, hostId: string): HttpAnswer {
  const refused = error instanceof ServiceError ? error : new ServiceError('InternalFailure');
  const detail =
    refused.accessDeniedDetail === undefined ? {} : { AccessDeniedDetail: refused.accessDeniedDetail };
  return errorAnswer(refused.status, refused.code, refused.message, requestId, hostId, detail);
}

/**
 * The error JSON of the gateway.
 *
 * @param hostId - the host that the client asked for
 * @param detail - further members
 */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  requestId: string,
  hostId: string,
  detail: Readonly<Record<string, unknown>> = {},
): HttpAnswer {
  const body = JSON.stringify({
    Code: code,
    Message: message,
    RequestId: requestId,
    HostId: hostId,
    Recommend: `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(code)}&product=Kms&requestId=${requestId}`,
    ...detail,
  });
  return { status, code, body, contentType: jsonType };
}

const methods = ['POST', 'GET', 'OPTIONS'];
const exposedHeaders = ['x-acs-request-id', 'x-acs-trace-id', 'date', 'content-type'];

/** Answers a CORS preflight: every origin, every header asked for. */
export function sendPreflight(request: IncomingMessage, response: ServerResponse): void {
  const asked = request.headers['access-control-request-headers'];
  response.writeHead(204, preflightHeaders('*', methods, asked));
  response.end();
}

/**
 * Sends an answer.
 *
 * @param nowMs - the server's time, for the header `Date`: clients correct their clocks by it
 * @param truncate - send half of the body, then reset the connection
 */
export function sendAnswer(
  response: ServerResponse,
  answer: HttpAnswer,
  requestId: string,
  nowMs: number,
  truncate: boolean,
): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    ...exposingHeaders('*', exposedHeaders),
    'content-type': answer.contentType,
    date: new Date(nowMs).toUTCString(),
    'content-length': body.length,
    'x-acs-request-id': requestId,
  });
  if (!truncate) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, body.length >> 1), () => {
    resetConnection(response.socket);
  });
}
