import { createHash, createHmac } from 'node:crypto';
import { percentEncode, percentEncodePath } from '../../common/percent-encoding.js';

/** The name of the algorithm, as it stands in the Authorization header and the query. */
export const signatureAlgorithm = 'OSS4-HMAC-SHA256';

/** The payload hash of a request whose body is not signed. */
export const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** The last part of every V4 scope. */
export const scopeTerminator = 'aliyun_v4_request';

/** What of a request OSS's V4 signature covers. */
interface SignV4Input {
  /** HTTP method. */
  method: string;
  /** Bucket name; absent for a service operation. */
  bucket?: string | undefined;
  /** Object key, decoded; absent for a bucket operation. */
  key?: string | undefined;
  /** Decoded query parameters. `x-oss-signature` is left out by the canonical query itself. */
  query: ReadonlyMap<string, string>;
  /** Header names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Names of further headers that are signed, in any case and order. */
  additionalHeaders?: readonly string[] | undefined;
  /** The value of `x-oss-content-sha256`, or `UNSIGNED-PAYLOAD`. */
  payloadHash: string;
}

/** The day, region and product that a signing key is made for. */
export interface SignV4Scope {
  /** `YYYYMMDD`. */
  day: string;
  /** Region without the `oss-` prefix, such as `cn-hangzhou`. */
  region: string;
  /** `oss`, or `oss-cloudbox`. */
  product: string;
}

/** `/bucket/key`, `/bucket/` or `/`, percent-encoded; it names the bucket whatever the URL's style is. */
function canonicalUri(bucket?: string, key?: string): string {
  return bucket === undefined ? '/' : percentEncodePath(`/${bucket}/${key ?? ''}`);
}

/** Every query parameter but the signature, encoded, sorted by encoded name; an empty value is left out. */
export function canonicalQuery(query: ReadonlyMap<string, string>): string {
  return [...query]
    .filter(([name]) => name !== 'x-oss-signature')
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&');
}

function isAlwaysSigned(name: string): boolean {
  return name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-');
}

/** Lower case, sorted, without doubles and without the headers that are signed anyway. */
export function normalizedAdditionalHeaders(names: readonly string[]): string[] {
  const lower = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
  return [...new Set(lower)].filter((name) => !isAlwaysSigned(name)).sort();
}

/** `name:value` lines, each ended by LF, of Content-Type, Content-MD5, `x-oss-*` and the additional headers. */
function canonicalHeaders(
  headers: Readonly<Record<string, string>>,
  additionalHeaders: readonly string[] = [],
): string {
  const additional = new Set(normalizedAdditionalHeaders(additionalHeaders));
  return Object.keys(headers)
    .filter((name) => isAlwaysSigned(name) || additional.has(name))
    .sort()
    .map((name) => `${name}:${headers[name]!.trim()}\n`)
    .join('');
}

/** The canonical request: six parts joined by LF. */
export function canonicalRequest(input: SignV4Input): string {
  const additional = normalizedAdditionalHeaders(input.additionalHeaders ?? []);
  return [
    input.method.toUpperCase(),
    canonicalUri(input.bucket, input.key),
    canonicalQuery(input.query),
    canonicalHeaders(input.headers, additional),
    additional.join(';'),
    input.payloadHash,
  ].join('\n');
}

/** `YYYYMMDD/region/product/aliyun_v4_request`. */
export function scopeText(scope: SignV4Scope): string {
  return `${scope.day}/${scope.region}/${scope.product}/${scopeTerminator}`;
}

/** The text that is signed. `timestamp` is `YYYYMMDDTHHMMSSZ`. */
export function stringToSign(timestamp: string, scope: SignV4Scope, canonical: string): string {
  const hash = createHash('sha256').update(canonical, 'utf8').digest('hex');
  return [signatureAlgorithm, timestamp, scopeText(scope), hash].join('\n');
}

/** The HMAC chain over day, region, product and terminator, started with `aliyun_v4` + secret. */
export function signingKey(accessKeySecret: string, scope: SignV4Scope): Buffer {
  let key: string | Buffer = `aliyun_v4${accessKeySecret}`;
  for (const part of [scope.day, scope.region, scope.product, scopeTerminator]) {
    key = createHmac('sha256', key).update(part, 'utf8').digest();
  }
  return key as Buffer;
}

/** hex(HMAC-SHA256(signing key, text)). */
export function signature(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}
