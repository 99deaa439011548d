import { OssError } from './oss-error.js';

/** Which resource a request is about, from its Host header and its URL. */
export interface RequestTarget {
  /** Absent for a service operation (ListBuckets). */
  bucket: string | undefined;
  /** Decoded object key; absent for a bucket operation. */
  key: string | undefined;
  /** Decoded query parameters; of a repeated one the last counts. */
  query: ReadonlyMap<string, string>;
}

const bucketName = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const maxKeyBytes = 1023;
// Virtual-host style: `bucket.localhost`, and the public, internal and accelerate endpoints of OSS.
const virtualHost = /^([^.]+)\.(?:localhost|oss-[a-z0-9-]+\.aliyuncs\.com)$/;
const serviceHost = /^oss-[a-z0-9-]+\.aliyuncs\.com$/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function percentDecode(text: string): string {
  if (!text.includes('%') && /^[\0-\x7f]*$/.test(text)) return text;
  // The HTTP parser hands bytes over as Latin-1; a client may send UTF-8 without percent signs.
  const raw = Buffer.from(text, 'latin1');
  const bytes = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i += 1) {
    let byte = raw[i]!;
    if (byte === 0x25) {
      const digits = text.slice(i + 1, i + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new OssError('InvalidURI');
      byte = Number.parseInt(digits, 16);
      i += 2;
    }
    bytes[length] = byte;
    length += 1;
  }
  try {
    return utf8.decode(bytes.subarray(0, length));
  } catch {
    throw new OssError('InvalidURI', { message: 'The request URI is not UTF-8.' });
  }
}

/** Decodes a query string. A `+` is a space: oss2 sends it so, and signs a space. */
export function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of text.replaceAll('+', ' ').split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = percentDecode(equals < 0 ? pair : pair.slice(0, equals));
    query.set(name, equals < 0 ? '' : percentDecode(pair.slice(equals + 1)));
  }
  return query;
}

/** @throws {OssError} `InvalidBucketName` unless 3 to 63 characters of `a-z 0-9 -`, no hyphen at the ends. */
export function assertBucketName(bucket: string): void {
  if (!bucketName.test(bucket)) {
    throw new OssError('InvalidBucketName', { details: { BucketName: bucket } });
  }
}

/** @throws {OssError} `InvalidObjectName` unless 1 to 1023 bytes of UTF-8 that do not start with `/` or `\`. */
export function assertObjectKey(key: string): void {
  if (key === '' || key.startsWith('/') || key.startsWith('\\') || Buffer.byteLength(key) > maxKeyBytes) {
    throw new OssError('InvalidObjectName', { details: { ObjectName: key } });
  }
}

/**
 * Finds bucket, key and query of a request in virtual-host, path or CNAME style.
 * @param url The request line's target as it was sent.
 * @param host The Host header.
 * @param cnames Bucket by own domain name.
 * @throws {OssError} When the URL cannot be decoded, or names no valid bucket or key.
 */
export function parseRequestTarget(
  url: string,
  host: string | undefined,
  cnames: Readonly<Record<string, string>>,
): RequestTarget {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(url);
  const relative = origin ? url.slice(origin[0].length) : url;
  const question = relative.indexOf('?');
  const query = parseQuery(question < 0 ? '' : relative.slice(question + 1));
  const path = (question < 0 ? relative : relative.slice(0, question)).replace(/^\//, '');

  const hostname = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  const hostBucket = Object.hasOwn(cnames, hostname)
    ? cnames[hostname]
    : serviceHost.test(hostname)
      ? undefined
      : virtualHost.exec(hostname)?.[1];

  let bucket = hostBucket;
  let key = percentDecode(path);
  if (bucket === undefined) {
    if (path === '') return { bucket: undefined, key: undefined, query };
    const slash = path.indexOf('/');
    bucket = percentDecode(slash < 0 ? path : path.slice(0, slash));
    key = slash < 0 ? '' : percentDecode(path.slice(slash + 1));
  }
  assertBucketName(bucket);
  if (key === '') return { bucket, key: undefined, query };
  assertObjectKey(key);
  return { bucket, key, query };
}
