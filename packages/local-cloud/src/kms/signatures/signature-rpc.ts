import { createHmac } from 'node:crypto';
import { percentEncode } from '../../common/percent-encoding.js';
import type { ParameterPair } from '../http/request-parameters.js';

/**
 * First stage of the RPC signature (version 1.0): the parameters, without `Signature`, sorted by name and encoded.
 * Rule: OpenAPI documentation, "Request syntax and signature method V2 for RPC APIs".
 *
 * @param parameters - every parameter of the query string and of the form body, decoded
 */
export function rpcCanonicalQuery(parameters: Iterable<ParameterPair>): string {
  return [...parameters]
    .filter(([name]) => name !== 'Signature')
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
}

/**
 * Second stage of the RPC signature: what is signed.
 *
 * @param method - the HTTP method, upper-case
 * @param canonicalQuery - of {@link rpcCanonicalQuery}
 */
export function rpcStringToSign(method: string, canonicalQuery: string): string {
  return `${method}&${percentEncode('/')}&${percentEncode(canonicalQuery)}`;
}

/**
 * Third stage of the RPC signature: HMAC-SHA1 in base64, under the secret followed by `&`.
 *
 * @param accessKeySecret - the account's secret
 * @param stringToSign - of {@link rpcStringToSign}
 */
export function rpcSignature(accessKeySecret: string, stringToSign: string): string {
  return createHmac('sha1', `${accessKeySecret}&`).update(stringToSign).digest('base64');
}
