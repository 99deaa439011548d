import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { type Headers, InvalidArgumentError } from '@oss-envelope/core';
import { isPublicOverHttp } from '@oss-envelope/core/adapter';

/**
 * A client of ali-oss 6, as `new OSS(...)` makes it.
 *
 * The type names what ali-oss's type declarations have. Of the client itself more is used, which is there but not
 * declared: what signs requests and URLs, what finds the URL of a bucket (whether these are there is checked when the
 * transport is made), and the agents.
 */
export interface AliOssClient {
  getStream(name?: string, options?: object): Promise<unknown>;
}

/** A URL as `parse` of node:url gives it. */
interface Endpoint {
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
  readonly port?: string | null | undefined;
}

/** The members of a client that its type declarations do not have. */
export interface InnerAliOssClient {
  readonly options: {
    readonly authorizationV4?: boolean | undefined;
    readonly endpoint: Endpoint;
    readonly bucket?: string | null | undefined;
    readonly cname?: boolean | undefined;
    /** Whether the bucket is named by the path, not by the host. */
    readonly sldEnable?: boolean | undefined;
    /** Beside an endpoint ali-oss takes anything for it. */
    readonly region?: unknown;
    readonly internal?: boolean | undefined;
    /** In place of the region for version 4. */
    readonly cloudBoxId?: unknown;
    readonly isRequestPay?: boolean | undefined;
    /** 'utf-8' where it is left out. */
    readonly headerEncoding?: string | undefined;
    readonly enableProxy?: boolean | undefined;
    readonly urllib?: unknown;
    /** What ali-oss adds to the local clock, in milliseconds. */
    readonly amendTimeSkewed?: number | undefined;
    readonly stsToken?: string | undefined;
    readonly refreshSTSToken?: (() => unknown) | undefined;
    readonly refreshSTSTokenInterval?: number | undefined;
  };
  readonly userAgent?: string | undefined;
  readonly agent?: HttpAgent | undefined;
  readonly httpsAgent?: HttpsAgent | undefined;
  /** When the STS token was got. */
  stsTokenFreshTime?: Date | number | undefined;
  /** The URL of a bucket, with a slash at its end. */
  _getReqUrl(place: { readonly bucket: string }): string;
  /** What signature version 1 calls an object. */
  _getResource(place: { readonly bucket: string; readonly object: string }): string;
  /** The header Authorization by version 1. */
  authorization(
    method: string,
    resource: string,
    subResources: Readonly<Record<string, string>>,
    headers: Headers,
  ): string;
  /** The same by version 4. ali-oss has it since 6.20. */
  authorizationV4?(
    method: string,
    request: { readonly headers: Headers; readonly queries: Readonly<Record<string, string | null>> },
    bucket: string,
    object: string,
  ): string;
  /**
   * Signs a URL by version 4, as ali-oss can since 6.20. `additionalHeaders` are signed besides Content-Type,
   * Content-MD5 and `x-oss-*`.
   */
  signatureUrlV4?(
    method: string,
    expiresSeconds: number,
    request: {
      readonly headers: Readonly<Record<string, string>>;
      readonly queries: Readonly<Record<string, string>>;
    },
    object: string,
    additionalHeaders: readonly string[],
  ): Promise<string>;
  /** Signs a URL by version 1. Headers are members of the options. ali-oss has it since 6.18. */
  asyncSignatureUrl?(
    object: string,
    options: Readonly<Record<string, unknown>>,
    strictObjectNameValidation: boolean,
  ): Promise<string>;
  /** The same, at once. Of a token that has to be renewed it signs the old one. */
  signatureUrl(
    object: string,
    options: Readonly<Record<string, unknown>>,
    strictObjectNameValidation: boolean,
  ): string;
}

/**
 * The bucket of a client at this moment.
 *
 * @throws InvalidArgumentError when it has none, or one that is no name: `new OSS` and `useBucket` check names, but what
 *   assigns the option does not, and in a URL other text can lead to another host
 */
export function bucketOf({ options: { bucket } }: InnerAliOssClient): string {
  if (!bucket) throw new InvalidArgumentError('client', 'must have a bucket: give it the option `bucket`');
  if (/^\w[\w.-]*$/.test(bucket)) return bucket;
  throw new InvalidArgumentError('client', 'must have the name of a bucket for the option `bucket`');
}

/** A client that signs by version 4. */
export type Version4Client = InnerAliOssClient &
  Required<Pick<InnerAliOssClient, 'authorizationV4' | 'signatureUrlV4'>>;

/**
 * Whether a client signs by version 4. Before 6.20 ali-oss knows version 1 only, and takes no notice of the option.
 *
 * @throws InvalidArgumentError when it does, but has no region, which is a part of the signature
 */
export function signsByVersion4(client: InnerAliOssClient): client is Version4Client {
  const { options, authorizationV4, signatureUrlV4 } = client;
  if (!options.authorizationV4 || !authorizationV4 || !signatureUrlV4) return false;
  if (options.cloudBoxId === undefined) regionOf(client);
  return true;
}

/**
 * The region of a client, such as `oss-cn-hangzhou`.
 *
 * @throws InvalidArgumentError when it has none: an option that is undefined takes away ali-oss's default
 */
export function regionOf({ options: { region } }: InnerAliOssClient): string {
  if (typeof region === 'string' && /^[\w.-]+$/.test(region)) return region;
  throw new InvalidArgumentError('client', 'must have a region: give it the option `region`');
}

/**
 * The client with the members that are used.
 *
 * @throws InvalidArgumentError when it is no ali-oss client, or set up to send requests in a way that would be ignored
 */
export function openAliOssClient(client: AliOssClient): InnerAliOssClient {
  if (!isInnerClient(client)) {
    throw new InvalidArgumentError('client', `must be a client of ali-oss 6: ${makeClient(client)}`);
  }
  // ali-oss takes HTTP unless it is told.
  if (isPublicOverHttp(client.options.endpoint)) {
    throw new InvalidArgumentError(
      'client',
      'must use https, or anybody on the way sees names, metadata and tokens: give it the option `secure: true`, or an endpoint with https://',
    );
  }
  if (client.options.enableProxy) {
    throw new InvalidArgumentError(
      'client',
      'must not have enableProxy, which this transport does not use: give the client an agent that tunnels ' +
        'through the proxy (options `agent` and `httpsAgent`)',
    );
  }
  if (client.options.urllib) {
    throw new InvalidArgumentError(
      'client',
      'must not have a urllib of its own, since this transport sends the requests itself: use `agent` and `httpsAgent`',
    );
  }
  return client;
}

/** How to make a client of what was given in its place. */
function makeClient(given: unknown): string {
  const isClass = typeof given === 'function';
  const areOptions = typeof given === 'object' && given !== null && 'accessKeyId' in given;
  return `new OSS({ … })${isClass ? ', not the class' : ''}${areOptions ? ', made of these options' : ''}`;
}

function isInnerClient(client: unknown): client is InnerAliOssClient {
  if (!isObject(client)) return false;
  const inner = client as Partial<InnerAliOssClient>;
  const { authorization, _getReqUrl, _getResource, options } = inner;
  return (
    [authorization, _getReqUrl, _getResource].every((method) => typeof method === 'function') &&
    isObject(options) &&
    isObject(options.endpoint)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
