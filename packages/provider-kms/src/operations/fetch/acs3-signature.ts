import { encodeHex, percentEncode } from '@oss-envelope/core/adapter';

/** What the signature covers of an RPC-style request: POST to `/`, the query string, headers, and by one of them the body. */
export interface Acs3Request {
  /** Of the query string, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Names in lower case; all of them are signed. `x-acs-content-sha256`, the `hexHash` of the body, must be there. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The name of the algorithm (Alibaba Cloud OpenAPI documentation, "Request syntax and signature method V3"). */
const algorithm = 'ACS3-HMAC-SHA256';

const encoder = new TextEncoder();

/** Hexadecimal SHA-256 of a text. */
export async function hexHash(text: string): Promise<string> {
  return encodeHex(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))));
}

/** The parameters as a query string, sorted by name: it is sent as it is signed. */
export function canonicalQuery(parameters: Readonly<Record<string, string>>): string {
  return Object.keys(parameters)
    .sort()
    .map((name) => `${percentEncode(name)}=${percentEncode(parameters[name] ?? '')}`)
    .join('&');
}

/** First stage: six fields, joined by line feeds. */
export function canonicalRequest(request: Acs3Request): string {
  const names = Object.keys(request.headers).sort();
  const headers = names.map((name) => `${name}:${(request.headers[name] ?? '').trim()}\n`).join('');
  const bodyHash = request.headers['x-acs-content-sha256'] ?? '';
  return ['POST', '/', canonicalQuery(request.parameters), headers, names.join(';'), bodyHash].join('\n');
}

/** Second stage: the algorithm and the hash of the canonical request. */
export async function stringToSign(canonical: string): Promise<string> {
  return `${algorithm}\n${await hexHash(canonical)}`;
}

/** Third stage: HMAC-SHA256 under the access key's secret, in hexadecimal. */
export async function signature(accessKeySecret: string, text: string): Promise<string> {
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode(accessKeySecret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  return encodeHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))));
}

/** The value of the Authorization header. */
export async function authorization(
  request: Acs3Request,
  accessKeyId: string,
  accessKeySecret: string,
): Promise<string> {
  const signed = await signature(accessKeySecret, await stringToSign(canonicalRequest(request)));
  const names = Object.keys(request.headers).sort().join(';');
  return `${algorithm} Credential=${accessKeyId},SignedHeaders=${names},Signature=${signed}`;
}
