import { createHmac } from 'node:crypto';

/** What of a request OSS's V1 signature (HMAC-SHA1) covers. */
interface SignV1Input {
  /** HTTP method. */
  method: string;
  /** Bucket name; absent for a service operation. */
  bucket?: string | undefined;
  /** Object key as it is, not percent-encoded; absent for a bucket operation. */
  key?: string | undefined;
  /** Decoded query parameters; only the signed sub-resources are picked. */
  query: ReadonlyMap<string, string>;
  /** Header names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Header form: the value of `x-oss-date` or `Date`. Query form: the value of `Expires`. */
  date: string;
}

// The sub-resources that a V1 signature covers, as the OSS documentation ("Include signatures in the
// Authorization header") and the Go SDK list them. Names that start with `x-oss-` are covered too.
const subResources: ReadonlySet<string> = new Set([
  'acl',
  'append',
  'asyncFetch',
  'bucketInfo',
  'callback',
  'callback-var',
  'cloudboxes',
  'cname',
  'comp',
  'continuation-token',
  'cors',
  'delete',
  'encryption',
  'endTime',
  'img',
  'inventory',
  'inventoryId',
  'lifecycle',
  'live',
  'location',
  'logging',
  'objectMeta',
  'overwriteConfig',
  'partNumber',
  'policy',
  'position',
  'qos',
  'referer',
  'regionList',
  'replication',
  'replicationLocation',
  'replicationProgress',
  'requestPayment',
  'resourceGroup',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
  'restore',
  'security-token',
  'sequential',
  'startTime',
  'stat',
  'status',
  'style',
  'styleName',
  'symlink',
  'tagging',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'vod',
  'website',
  'worm',
  'wormExtend',
  'wormId',
]);

/** The `x-oss-*` headers, one `name:value` line each, sorted by name; every line ends with LF. */
function canonicalizedHeaders(headers: Readonly<Record<string, string>>): string {
  return Object.keys(headers)
    .filter((name) => name.startsWith('x-oss-'))
    .sort()
    .map((name) => `${name}:${headers[name]!.trim()}\n`)
    .join('');
}

/** `/bucket/key` with the signed sub-resources. The key is not encoded, whatever the URL looks like. */
export function canonicalizedResource(input: Pick<SignV1Input, 'bucket' | 'key' | 'query'>): string {
  const path = input.bucket === undefined ? '/' : `/${input.bucket}/${input.key ?? ''}`;
  const signed = [...input.query.keys()]
    .filter((name) => subResources.has(name) || name.startsWith('x-oss-'))
    .sort()
    .map((name) => {
      const value = input.query.get(name)!;
      return value === '' ? name : `${name}=${value}`;
    });
  return signed.length === 0 ? path : `${path}?${signed.join('&')}`;
}

/** The text that is signed: method, Content-MD5, Content-Type, date, headers and resource. */
export function stringToSign(input: SignV1Input): string {
  return [
    input.method.toUpperCase(),
    input.headers['content-md5'] ?? '',
    input.headers['content-type'] ?? '',
    input.date,
    canonicalizedHeaders(input.headers) + canonicalizedResource(input),
  ].join('\n');
}

/** base64(HMAC-SHA1(secret, text)). */
export function signature(accessKeySecret: string, text: string): string {
  return createHmac('sha1', accessKeySecret).update(text, 'utf8').digest('base64');
}
