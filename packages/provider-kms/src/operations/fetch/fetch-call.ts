import { type CheckedCredentials, encodeHex, parseRetryAfter } from '@oss-envelope/core/adapter';
import type { KmsEndpoint } from '../../options/kms-endpoint.js';
import {
  answerOf,
  type KmsAction,
  type KmsAnswer,
  type KmsCall,
  pascalCase,
  placeParameters,
  wireNames,
} from '../kms-operations.js';
import { garbledAnswerError, refusalError } from '../service-refusal.js';
import { authorization, canonicalQuery, hexHash } from './acs3-signature.js';

/** What is used of `fetch`. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

/** What is given to `fetch`. */
export interface FetchInit {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  /** ASCII. Left out for an empty body. */
  readonly body?: string;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** What signed requests need besides credentials. */
export interface FetchCallOptions {
  readonly endpoint: KmsEndpoint;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch: the time of the signature. */
  readonly now: () => number;
}

const apiVersion = '2016-01-20';
/** Answers are a few hundred bytes; what is longer is not one. */
const maxAnswerBytes = 256 * 1024;

/**
 * The operations by requests that are signed here (ACS3-HMAC-SHA256) and sent by `fetch`. Parameters travel in the
 * query string, as the official clients have it, secret ones in the body as a form.
 */
export function fetchCall(
  { endpoint, fetch, now }: FetchCallOptions,
  credentials: CheckedCredentials,
): KmsCall {
  return async (action, given, { signal }) => {
    const placed = placeParameters(given);
    const parameters = wireNames(placed.query);
    const body = placed.body && canonicalQuery(wireNames(placed.body));
    const signed: Record<string, string> = {
      host: endpoint.host,
      'x-acs-action': action,
      'x-acs-content-sha256': await hexHash(body ?? ''),
      'x-acs-date': new Date(now()).toISOString().replace(/\.\d{3}Z$/, 'Z'),
      'x-acs-signature-nonce': encodeHex(crypto.getRandomValues(new Uint8Array(16))),
      'x-acs-version': apiVersion,
    };
    if (body !== undefined) signed['content-type'] = 'application/x-www-form-urlencoded';
    if (credentials.securityToken !== undefined) {
      signed['x-acs-accesskey-id'] = credentials.accessKeyId;
      signed['x-acs-security-token'] = credentials.securityToken;
    }
    const { host: _setByFetch, ...headers } = signed;
    const { accessKeyId, accessKeySecret } = credentials;
    headers.accept = 'application/json';
    headers.authorization = await authorization(
      { parameters, headers: signed },
      accessKeyId,
      accessKeySecret,
    );
    const response = await fetch(`${endpoint.protocol}://${endpoint.host}/?${canonicalQuery(parameters)}`, {
      method: 'POST',
      headers,
      ...(body === undefined ? {} : { body }),
      // A redirect would carry the signed request elsewhere.
      redirect: 'manual',
      signal,
    });
    return readAnswer(action, response);
  };
}

async function readAnswer(action: KmsAction, response: Response): Promise<KmsAnswer> {
  const body = parseObject(await readText(response));
  if (body === undefined) throw garbledAnswerError(action);
  if (response.status !== 200) {
    throw refusalError(action, {
      status: response.status,
      code: body.Code ?? body.code,
      requestId: body.RequestId ?? body.requestId,
      retryAfterMs: retryAfterMs(Object.fromEntries(response.headers)),
    });
  }
  return answerOf(body, pascalCase);
}

/** The gateway's own header counts in milliseconds, as the official clients read it. */
function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const own = headers['x-acs-retry-after'] ?? '';
  return /^\d{1,9}$/.test(own) ? Number(own) : parseRetryAfter(headers);
}

/** The body's text; undefined when it is too long to be an answer of KMS. */
async function readText(response: Response): Promise<string | undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  for (let sizeBytes = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    sizeBytes += value.length;
    if (sizeBytes > maxAnswerBytes) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
