import { InvalidArgumentError } from '@oss-envelope/core';
import {
  formatQuery,
  isPublicOverHttp,
  oneOf,
  percentEncodePath,
  type Query,
} from '@oss-envelope/core/adapter';

/**
 * Where the bucket's name stands in a URL: in front of the endpoint's host, or at the start of the path. With `cname`
 * it stands nowhere: the endpoint is a domain that is bound to the bucket.
 */
export type Addressing = 'cname' | 'path' | 'virtual-host';

/** Where a bucket is. */
export interface BucketLocation {
  /**
   * The endpoint without the bucket, such as `https://oss-cn-hangzhou.aliyuncs.com`, its `-internal` form, an
   * accelerate endpoint, or with `addressing: 'cname'` a domain bound to the bucket. HTTPS where it names no scheme; plain
   * HTTP is refused for the public endpoints of OSS.
   */
  readonly endpoint: string;
  readonly bucket: string;
  /** Such as `cn-hangzhou`. Default: the one that the endpoint names. */
  readonly region?: string | undefined;
  /** Default: `path` for an endpoint that is an IP address or `localhost`, else `virtual-host`. */
  readonly addressing?: Addressing | undefined;
}

/** A bucket's address, checked. */
export interface BucketAddress {
  /** Scheme, host and port, and in path style the bucket. */
  readonly base: string;
  /** What a request's header `Host` will be. */
  readonly host: string;
  readonly bucket: string;
  /** Undefined where neither the user nor the endpoint names one. */
  readonly region: string | undefined;
}

const addressings = ['cname', 'path', 'virtual-host'] as const;

/** The names of {@link BucketLocation}. */
export const locationOptionNames: readonly string[] = ['addressing', 'bucket', 'endpoint', 'region'];

function parseEndpoint(endpoint: unknown): URL {
  if (typeof endpoint !== 'string' || endpoint === '') {
    throw new InvalidArgumentError(
      'endpoint',
      'must be a string such as "https://oss-cn-hangzhou.aliyuncs.com"',
    );
  }
  let url: URL;
  try {
    url = new URL(endpoint.includes('://') ? endpoint : `https://${endpoint}`);
  } catch {
    throw new InvalidArgumentError('endpoint', 'must be a host name or an https URL');
  }
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (!bare || url.password !== '' || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new InvalidArgumentError(
      'endpoint',
      'must be https:// or http:// with a host, and nothing after it',
    );
  }
  if (isPublicOverHttp(url)) {
    throw new InvalidArgumentError(
      'endpoint',
      'must be https: plain HTTP shows names, metadata and tokens to anybody',
    );
  }
  return url;
}

function isLocal(hostname: string): boolean {
  return /^(?:[\d.]+|\[.*\]|localhost)$/.test(hostname);
}

/** The region that one of OSS's own endpoints names; the accelerate endpoints name none. */
function regionOf(hostname: string): string | undefined {
  const match =
    /^oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(hostname) ??
    /^([a-z0-9-]+?)(?:-internal)?\.oss\.aliyuncs\.com$/.exec(hostname);
  const region = match?.[1];
  return region?.startsWith('accelerate') ? undefined : region;
}

/**
 * Checks a bucket's location, and works out the base of its URLs and its region.
 *
 * @throws InvalidArgumentError that names the field to change
 */
export function resolveBucketAddress(location: BucketLocation): BucketAddress {
  const url = parseEndpoint(location.endpoint);
  const { bucket } = location;
  // The naming rules of OSS; they also keep the name harmless in a host and in a path.
  if (typeof bucket !== 'string' || !/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new InvalidArgumentError(
      'bucket',
      'must be 3 to 63 lower-case letters, digits and hyphens, with no hyphen at either end',
    );
  }
  const usual = isLocal(url.hostname) ? 'path' : 'virtual-host';
  const addressing = oneOf('addressing', location.addressing, addressings, usual);
  if (addressing === 'virtual-host' && isLocal(url.hostname) && url.hostname !== 'localhost') {
    throw new InvalidArgumentError(
      'addressing',
      'must not be virtual-host where the endpoint is an IP address',
    );
  }
  if (
    addressing !== 'cname' &&
    url.hostname.startsWith(`${bucket}.`) &&
    url.hostname.endsWith('.aliyuncs.com')
  ) {
    throw new InvalidArgumentError('endpoint', "must not hold the bucket's name: it is put in front of it");
  }
  if (location.region !== undefined && !/^(?:oss-)?[a-z0-9][a-z0-9-]*$/.test(location.region)) {
    throw new InvalidArgumentError('region', 'must be the id of a region such as "cn-hangzhou"');
  }
  const host = addressing === 'virtual-host' ? `${bucket}.${url.host}` : url.host;
  return {
    base: `${url.protocol}//${host}${addressing === 'path' ? `/${bucket}` : ''}`,
    host,
    bucket,
    region: location.region?.replace(/^oss-/, '') ?? regionOf(url.hostname),
  };
}

/**
 * The URL of an object. Every byte but the unreserved ones is encoded, so a URL parser changes nothing of it, provided
 * that the key has no dot segments.
 */
export function formatObjectUrl(address: BucketAddress, key: string, query: Query): string {
  const search = formatQuery(query);
  return `${address.base}/${percentEncodePath(key)}${search === '' ? '' : `?${search}`}`;
}
