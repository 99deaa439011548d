import type { Headers as HeaderRecord } from '@oss-envelope/core';
import {
  assertObjectKey,
  assertOptions,
  type CredentialsInput,
  credentialsSource,
  functionOption,
  maxParts,
  type Query,
  text,
  textRecord,
  wholeNumber,
} from '@oss-envelope/core/adapter';
import { type BucketLocation, locationOptionNames, resolveBucketAddress } from '../signing/bucket-address.js';
import { createSigner, type SignatureVersion } from '../signing/request-signer.js';
import { assertSignable, type SignableOperation } from './page-request.js';
import { type PresignedRequest, presigning } from './presigning.js';

/** Where the bucket is, and who vouches for the requests. */
export interface PresignerOptions extends BucketLocation {
  /** An access key, STS credentials, or a function that fetches them. Only they sign: nothing is sent. */
  readonly credentials: CredentialsInput;
  /** Default `v4`. Version 1 covers no headers but Content-Type, Content-MD5 and `x-oss-*`. */
  readonly signatureVersion?: SignatureVersion | undefined;
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
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

/** The names of {@link PresignOptions}. */
const presignOptionNames: readonly string[] = ['expiresSeconds', 'headers'];

function getQuery({ versionId, responseHeaders = {} }: PresignGetOptions): Query {
  const overrides = Object.entries(textRecord('options.responseHeaders', responseHeaders)).map(
    ([name, value]) => [`response-${name}`, text(`options.responseHeaders['${name}']`, value)],
  );
  return { ...Object.fromEntries(overrides), ...(versionId !== undefined && { versionId }) };
}

/**
 * Makes presigned requests for a bucket. It sends nothing, and is safe to use concurrently.
 *
 * @example
 * const signer = presigner({ endpoint: 'https://oss-cn-hangzhou.aliyuncs.com', bucket: 'photos', credentials });
 * const { url } = await signer.presignGet('motto.txt', { expiresSeconds: 600 });
 * (await fetch(url)).status; // => 200
 *
 * @throws InvalidArgumentError that names the option to change
 */
export function presigner(options: PresignerOptions): Presigner {
  assertOptions('options', options, [...locationOptionNames, 'credentials', 'now', 'signatureVersion']);
  const now = functionOption('options.now', options.now, Date.now);
  const address = resolveBucketAddress(options);
  const { signatureVersion } = options;
  const presign = presigning({
    address,
    signatureVersion,
    signer: createSigner({ address, signatureVersion }),
    source: credentialsSource(options.credentials, now),
    now,
  });

  return {
    async presignGet(key, options) {
      assertObjectKey(key);
      assertOptions('options', options, [...presignOptionNames, 'responseHeaders', 'versionId']);
      const query = getQuery(options);
      return presign({ method: 'GET', key, query, headers: options.headers ?? {} }, options.expiresSeconds);
    },
    async presignPut(key, options) {
      assertObjectKey(key);
      assertOptions('options', options, presignOptionNames);
      return presign(
        { method: 'PUT', key, query: {}, headers: options.headers ?? {} },
        options.expiresSeconds,
      );
    },
    async presignPart(key, options) {
      assertObjectKey(key);
      assertOptions('options', options, [...presignOptionNames, 'partNumber', 'uploadId']);
      const { uploadId, partNumber, headers = {}, expiresSeconds } = options;
      wholeNumber('partNumber', partNumber, { least: 1, most: maxParts });
      const query = { partNumber: String(partNumber), uploadId: text('uploadId', uploadId) };
      return presign({ method: 'PUT', key, query, headers }, expiresSeconds);
    },
    async sign(request, options) {
      assertOptions('options', options, ['allow', 'expiresSeconds']);
      const { expiresSeconds, allow } = options;
      assertSignable(request, allow);
      if (request.key !== '') assertObjectKey(request.key);
      return presign(request, expiresSeconds);
    },
  };
}
