import {
  assertObjectKey,
  type Headers as HeaderRecord,
  InvalidArgumentError,
  OutOfRangeError,
} from '@oss-envelope/core';
import { type BucketLocation, formatObjectUrl, resolveBucketAddress } from './bucket-address.js';
import { credentialsSource, type OssCredentialsInput } from './credentials.js';
import { checkedHeaders } from './header-record.js';
import type { Query } from './query.js';
import { assertSignable, type SignableOperation, type SignRequest } from './sign-request.js';
import type { Method } from './signable-request.js';
import { createSigner, type SignatureVersion } from './signer.js';

/** Where the bucket is, and who vouches for the requests. */
export interface PresignerOptions extends BucketLocation {
  /** An access key, STS credentials, or a function that fetches them. Only they sign: nothing is sent. */
  readonly credentials: OssCredentialsInput;
  /** Default `v4`. Version 1 covers no headers but Content-Type, Content-MD5 and `x-oss-*`. */
  readonly signatureVersion?: SignatureVersion | undefined;
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** A request that whoever has it may send, until it expires. */
export interface PresignedRequest {
  /** A secret: it grants access. */
  readonly url: string;
  readonly method: Method;
  /** The headers that are signed in. The request has to carry exactly these, whatever it carries besides. */
  readonly headers: HeaderRecord;
  /** When it expires; when the credentials do, if that is sooner. */
  readonly expiresAt: Date;
}

/** For how long, and with which headers. */
export interface PresignOptions {
  /** 1 to 604,800 (a week). */
  readonly expiresSeconds: number;
  /**
   * Headers that the request will have, such as an envelope's metadata. All of them are signed in: OSS refuses the
   * request without them, with other values, or with further headers `x-oss-*`.
   */
  readonly headers?: HeaderRecord | undefined;
}

/** Headers of the answer that OSS is to replace, by their names in lower case. */
export type ResponseHeaderOverrides = Readonly<
  Partial<
    Record<
      | 'cache-control'
      | 'content-disposition'
      | 'content-encoding'
      | 'content-language'
      | 'content-type'
      | 'expires',
      string
    >
  >
>;

/** A version of an object to read, and how. */
export interface PresignGetOptions extends PresignOptions {
  readonly versionId?: string | undefined;
  readonly responseHeaders?: ResponseHeaderOverrides | undefined;
}

/** A part of a multipart upload. */
export interface PresignPartOptions extends PresignOptions {
  readonly uploadId: string;
  /** 1 to 10,000. */
  readonly partNumber: number;
}

/** What a page's request may be. */
export interface SignOptions {
  /** 1 to 604,800 (a week). */
  readonly expiresSeconds: number;
  /** What the page may do; anything else is refused. */
  readonly allow: readonly SignableOperation[];
}

/** Makes requests that others may send. */
export interface Presigner {
  /** A download, whole or by ranges. */
  presignGet(key: string, options: PresignGetOptions): Promise<PresignedRequest>;
  /** An upload in one request. */
  presignPut(key: string, options: PresignOptions): Promise<PresignedRequest>;
  /** An upload of one part. */
  presignPart(key: string, options: PresignPartOptions): Promise<PresignedRequest>;
  /**
   * Signs what a `presignedTransport` asks for, in a page that has no credentials: what its option `sign` sent to your
   * server. Check first who asks and whether `request.key` is theirs; this checks the rest, and takes any JSON for it.
   *
   * Signed are the method, the key, the query and all headers given, so the page cannot send anything else. A browser
   * gives the Content-Length of each upload too, so in version 4 its size is signed in: check it if it matters.
   *
   * @throws InvalidArgumentError when it is no such request, or not one of those allowed
   */
  sign(request: unknown, options: SignOptions): Promise<PresignedRequest>;
}

/** The documentation's limit for signature version 4; the same is held for version 1. */
const maxExpiresSeconds = 604_800;

function assertExpires(expiresSeconds: number): void {
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > maxExpiresSeconds) {
    throw new OutOfRangeError('expiresSeconds', `must be a whole number from 1 to ${maxExpiresSeconds}`);
  }
}

function assertText(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || value === '') {
    throw new InvalidArgumentError(argument, 'must be a non-empty string');
  }
}

function getQuery({ versionId, responseHeaders = {} }: PresignGetOptions): Query {
  const overrides = Object.entries(responseHeaders).map(([name, value]) => {
    assertText(value, `responseHeaders['${name}']`);
    return [`response-${name}`, value];
  });
  return { ...Object.fromEntries(overrides), ...(versionId !== undefined && { versionId }) };
}

/**
 * Makes presigned requests for a bucket. It sends nothing, and is safe to use concurrently.
 *
 * @example
 * const signer = presigner({ endpoint: 'https://oss-cn-hangzhou.aliyuncs.com', bucket: 'photos', credentials });
 * const { url } = await signer.presignGet('motto.txt', { expiresSeconds: 600 });
 *
 * @throws InvalidArgumentError that names the option to change
 */
export function presigner(options: PresignerOptions): Presigner {
  const now = options.now ?? Date.now;
  const address = resolveBucketAddress(options);
  const signer = createSigner({ address, signatureVersion: options.signatureVersion });
  const source = credentialsSource(options.credentials, now);

  async function presign(request: SignRequest, expiresSeconds: number): Promise<PresignedRequest> {
    assertObjectKey(request.key);
    assertExpires(expiresSeconds);
    const { method, key } = request;
    const headers = checkedHeaders(request.headers, 'content-length');
    const credentials = await source.get();
    const startsAt = new Date(now());
    const signable = { method, key, query: request.query, headers };
    const period = { startsAt, expiresSeconds };
    const query = await signer.signQuery(signable, credentials, period, Object.keys(headers));
    const endsMs = Math.floor(startsAt.getTime() / 1000) * 1000 + expiresSeconds * 1000;
    const credentialsEndMs = credentials.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    return {
      url: formatObjectUrl(address, key, query),
      method,
      headers,
      expiresAt: new Date(Math.min(endsMs, credentialsEndMs)),
    };
  }

  return {
    async presignGet(key, options) {
      const query = getQuery(options);
      return presign({ method: 'GET', key, query, headers: options.headers ?? {} }, options.expiresSeconds);
    },
    async presignPut(key, options) {
      return presign(
        { method: 'PUT', key, query: {}, headers: options.headers ?? {} },
        options.expiresSeconds,
      );
    },
    async presignPart(key, options) {
      const { uploadId, partNumber, headers = {}, expiresSeconds } = options;
      assertText(uploadId, 'uploadId');
      if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > 10_000) {
        throw new OutOfRangeError('partNumber', 'must be a whole number from 1 to 10000');
      }
      const query = { partNumber: String(partNumber), uploadId };
      return presign({ method: 'PUT', key, query, headers }, expiresSeconds);
    },
    async sign(request, { expiresSeconds, allow }) {
      assertSignable(request, allow);
      return presign(request, expiresSeconds);
    },
  };
}
