import {
  compareNames,
  encodeHex,
  formatQuery,
  percentEncode,
  percentEncodePath,
  type Query,
} from '@oss-envelope/core/adapter';
import { digest } from '#digest';
import type { Hmac } from '../port/digest.js';
import { normalizeHeaders, type SignableRequest } from './request-to-sign.js';

// Signature version 4 as the OSS documentation has it ("Include a V4 signature in the Authorization header" and
// "... in a URL"), one function for each stage.

/** The algorithm's name, in `Authorization` and in `x-oss-signature-version`. */
export const algorithmV4 = 'OSS4-HMAC-SHA256';

/** The payload hash of a request whose body is not signed. */
export const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** For whom and when a signing key is good. */
export interface ScopeV4 {
  /** `YYYYMMDD`, UTC. */
  readonly date: string;
  /** Without the prefix `oss-`, such as `cn-hangzhou`. */
  readonly region: string;
  readonly product: 'oss' | 'oss-cloudbox';
}

function isAlwaysSigned(name: string): boolean {
  return name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-');
}

/** An instant as `YYYYMMDDTHHMMSSZ`; its first eight characters are the scope's date. */
export function formatTimestampV4(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** `date/region/product/aliyun_v4_request`. */
export function formatScopeV4(scope: ScopeV4): string {
  return `${scope.date}/${scope.region}/${scope.product}/aliyun_v4_request`;
}

/**
 * The names, in lower case and sorted, of the headers that are signed only because they are listed: those that are there,
 * without those that are signed anyway.
 */
export function additionalHeaderNames(
  request: Pick<SignableRequest, 'headers'>,
  listed: readonly string[],
): string[] {
  const headers = normalizeHeaders(request.headers);
  const names = listed.map((name) => name.toLowerCase());
  return [...new Set(names)].filter((name) => !isAlwaysSigned(name) && Object.hasOwn(headers, name)).sort();
}

/** `/bucket/key`, whatever the style of the URL; `/bucket/` or `/` where there is no key or no bucket. */
export function canonicalUriV4(request: Pick<SignableRequest, 'bucket' | 'key'>): string {
  return request.bucket === undefined
    ? '/'
    : `/${percentEncode(request.bucket)}/${percentEncodePath(request.key ?? '')}`;
}

/** All query parameters but the signature itself. */
export function canonicalQueryV4({ 'x-oss-signature': _signature, ...query }: Query): string {
  return formatQuery(query);
}

/** `name:value` and a line feed for each signed header, sorted. */
export function canonicalHeadersV4(
  request: Pick<SignableRequest, 'headers'>,
  additionalHeaders: readonly string[],
): string {
  return Object.entries(normalizeHeaders(request.headers))
    .filter(([name]) => isAlwaysSigned(name) || additionalHeaders.includes(name))
    .sort(compareNames)
    .map(([name, value]) => `${name}:${value}\n`)
    .join('');
}

/**
 * The canonical request.
 *
 * @param listed - headers to sign besides Content-Type, Content-MD5 and `x-oss-*`; those that are absent do not count
 */
export function canonicalRequestV4(request: SignableRequest, listed: readonly string[] = []): string {
  const additionalHeaders = additionalHeaderNames(request, listed);
  return [
    request.method,
    canonicalUriV4(request),
    canonicalQueryV4(request.query),
    canonicalHeadersV4(request, additionalHeaders),
    additionalHeaders.join(';'),
    normalizeHeaders(request.headers)['x-oss-content-sha256'] ?? unsignedPayload,
  ].join('\n');
}

/** The string to sign. `timestamp` is `x-oss-date`. */
export async function stringToSignV4(
  timestamp: string,
  scope: ScopeV4,
  canonicalRequest: string,
): Promise<string> {
  return [algorithmV4, timestamp, formatScopeV4(scope), await digest.sha256Hex(canonicalRequest)].join('\n');
}

/** The signing key of a scope: HMAC-SHA256 over its parts, one after the other. As secret as what it is made of. */
export async function signingKeyV4(
  accessKeySecret: string,
  scope: ScopeV4,
): Promise<Uint8Array<ArrayBuffer>> {
  let key: string | Uint8Array<ArrayBuffer> = `aliyun_v4${accessKeySecret}`;
  for (const part of [scope.date, scope.region, scope.product]) {
    key = await (await digest.importHmacKey('SHA-256', key))(part);
  }
  return (await digest.importHmacKey('SHA-256', key))('aliyun_v4_request');
}

/** The signature, in hex. `key` is {@link signingKeyV4}'s, imported for HMAC-SHA256. */
export async function signatureV4(key: Hmac, stringToSign: string): Promise<string> {
  return encodeHex(await key(stringToSign));
}

/** The value of the header `Authorization`. */
export function formatAuthorizationV4(
  accessKeyId: string,
  scope: ScopeV4,
  additionalHeaders: readonly string[],
  signature: string,
): string {
  const additional =
    additionalHeaders.length === 0 ? '' : `,AdditionalHeaders=${additionalHeaders.join(';')}`;
  return `${algorithmV4} Credential=${accessKeyId}/${formatScopeV4(scope)}${additional},Signature=${signature}`;
}
