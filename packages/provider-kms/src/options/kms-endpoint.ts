import { InvalidArgumentError } from '@oss-envelope/core';

/** Where KMS is. */
export interface KmsEndpoint {
  readonly protocol: 'https' | 'http';
  /** The host name, with a port where it is not the protocol's own. */
  readonly host: string;
}

/** Which KMS is meant: by its region, or by the endpoint itself. */
export interface EndpointOptions {
  /** Such as `cn-hangzhou`, or `oss-cn-hangzhou` as ali-oss has it: the public endpoint `kms.REGION.aliyuncs.com`. */
  readonly region?: string | undefined;
  /** A host name, a `host:port`, or an `https:` URL without a path: for VPC and private endpoints. */
  readonly endpoint?: string | undefined;
}

/**
 * The endpoint of a region, or the given one. Without a scheme it is HTTPS; plain HTTP is for loopback only, because
 * data keys travel in the answers.
 *
 * @throws InvalidArgumentError when both or neither are given, or they do not parse
 */
export function resolveEndpoint({ region, endpoint }: EndpointOptions): KmsEndpoint {
  if (region === undefined && endpoint === undefined) {
    throw new InvalidArgumentError(
      'region',
      'must be given, such as cn-hangzhou; or endpoint, for a private one',
    );
  }
  if (region !== undefined && endpoint !== undefined) {
    throw new InvalidArgumentError('region', 'must be left out beside an endpoint, which says all');
  }
  if (endpoint === undefined) {
    if (typeof region !== 'string' || !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(region)) {
      throw new InvalidArgumentError('region', 'must be the id of a region, such as cn-hangzhou');
    }
    // ali-oss calls it oss-cn-hangzhou.
    return { protocol: 'https', host: `kms.${region.replace(/^oss-/, '')}.aliyuncs.com` };
  }
  const url = parseUrl(endpoint);
  if (
    url === undefined ||
    !['https:', 'http:'].includes(url.protocol) ||
    url.username !== '' ||
    url.password !== '' ||
    !/^\/?$/.test(url.pathname) ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new InvalidArgumentError(
      'endpoint',
      'must be a host name, a host:port or an https URL without a path, such as kms-vpc.cn-hangzhou.aliyuncs.com',
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new InvalidArgumentError(
      'endpoint',
      'must not be plain HTTP, except on loopback: data keys would travel in the clear. For an endpoint with a certificate ' +
        'of your own authority use https and pass the authority as `ca`',
    );
  }
  return { protocol: url.protocol === 'http:' ? 'http' : 'https', host: url.host };
}

function parseUrl(endpoint: unknown): URL | undefined {
  if (typeof endpoint !== 'string') return undefined;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
