import { encodeBase64 } from '@oss-envelope/core';
import { compareNames, isSubResource, type Query } from '@oss-envelope/core/adapter';
import { digest } from '#digest';
import { normalizeHeaders, type SignableRequest } from './request-to-sign.js';

// Signature version 1 as the OSS documentation has it ("Include a V1 signature in the Authorization header" and "... in
// a URL"), one function for each stage.

/** The `x-oss-*` headers, each as `name:value` and a line feed, sorted. */
export function canonicalHeadersV1(request: Pick<SignableRequest, 'headers'>): string {
  return Object.entries(normalizeHeaders(request.headers))
    .filter(([name]) => name.startsWith('x-oss-'))
    .sort(compareNames)
    .map(([name, value]) => `${name}:${value}\n`)
    .join('');
}

/** `/bucket/key`, not encoded, and the signed query parameters. `extra` names further ones to sign. */
export function canonicalResourceV1(
  request: Pick<SignableRequest, 'bucket' | 'key' | 'query'>,
  extra: readonly string[] = [],
): string {
  const resource = request.bucket === undefined ? '/' : `/${request.bucket}/${request.key ?? ''}`;
  const signed = signedQuery(request.query, extra);
  return signed === '' ? resource : `${resource}?${signed}`;
}

function signedQuery(query: Query, extra: readonly string[]): string {
  return Object.entries(query)
    .filter(([name]) => isSubResource(name) || extra.includes(name))
    .sort(compareNames)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&');
}

/**
 * The string to sign.
 *
 * @param date - the value of `x-oss-date`, or for a presigned URL its `Expires` in Unix seconds
 * @param extra - query parameters to sign besides those that always are
 */
export function stringToSignV1(
  request: SignableRequest,
  date: string,
  extra: readonly string[] = [],
): string {
  const headers = normalizeHeaders(request.headers);
  return [
    request.method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    date,
    canonicalHeadersV1(request) + canonicalResourceV1(request, extra),
  ].join('\n');
}

/** The signature, in base64: HMAC-SHA1 under the access key secret. */
export async function signatureV1(accessKeySecret: string, stringToSign: string): Promise<string> {
  return encodeBase64(await (await digest.importHmacKey('SHA-1', accessKeySecret))(stringToSign));
}

/** The value of the header `Authorization`. */
export function formatAuthorizationV1(accessKeyId: string, signature: string): string {
  return `OSS ${accessKeyId}:${signature}`;
}
