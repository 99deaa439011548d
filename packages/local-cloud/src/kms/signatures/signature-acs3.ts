import { createHash, createHmac } from 'node:crypto';
import { percentEncode } from '../../common/percent-encoding.js';
import type { ParameterPair } from '../http/request-parameters.js';
import { ServiceError } from '../http/service-error.js';

/** The algorithm name that starts an `Authorization` header of this generation and its string to sign. */
export const acs3Algorithm = 'ACS3-HMAC-SHA256';

/** The members of an `Authorization` header of this generation. */
interface Acs3Authorization {
  /** `Credential`: the access key id. */
  readonly accessKeyId: string;
  /** `SignedHeaders`, lower-case, in the order sent. */
  readonly signedHeaders: readonly string[];
  /** `Signature`: 64 lower-case hexadecimal digits. */
  readonly signature: string;
}

/** What the signature covers. */
interface Acs3Request {
  /** The HTTP method, upper-case. */
  readonly method: string;
  /** The path as sent, `/` for an RPC-style operation. */
  readonly path: string;
  /** The query string, decoded. */
  readonly query: readonly ParameterPair[];
  /** The headers by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Which of them are signed, lower-case. */
  readonly signedHeaders: readonly string[];
  /** Hexadecimal SHA-256 of the body: the header `x-acs-content-sha256`. */
  readonly hashedPayload: string;
}

/**
 * Reads `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=a;b,Signature=…`.
 *
 * @param header - the value of the `Authorization` header
 * @throws ServiceError `IncompleteSignature` when a member is missing or ill-formed
 */
export function parseAcs3Authorization(header: string): Acs3Authorization {
  const match =
    /^ACS3-HMAC-SHA256 +Credential=([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/.exec(
      header.trim(),
    );
  if (match === null) throw new ServiceError('IncompleteSignature');
  const [, accessKeyId = '', signedHeaders = '', signature = ''] = match;
  return { accessKeyId, signedHeaders: signedHeaders.toLowerCase().split(';'), signature };
}

/**
 * First stage: the canonical request, six fields joined by line feeds.
 * Rule: OpenAPI documentation, "Request syntax and signature method V3".
 */
export function acs3CanonicalRequest(request: Acs3Request): string {
  const query = request.query
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const names = [...request.signedHeaders].sort(compare);
  const headers = names.map((name) => `${name}:${(request.headers.get(name) ?? '').trim()}\n`).join('');
  return [request.method, request.path, query, headers, names.join(';'), request.hashedPayload].join('\n');
}

/** Second stage: the algorithm's name and the canonical request's hash. */
export function acs3StringToSign(canonicalRequest: string): string {
  return `${acs3Algorithm}\n${createHash('sha256').update(canonicalRequest).digest('hex')}`;
}

/**
 * Third stage: HMAC-SHA256 in hexadecimal, under the secret itself.
 *
 * @param accessKeySecret - the account's secret
 * @param stringToSign - of {@link acs3StringToSign}
 */
export function acs3Signature(accessKeySecret: string, stringToSign: string): string {
  return createHmac('sha256', accessKeySecret).update(stringToSign).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
