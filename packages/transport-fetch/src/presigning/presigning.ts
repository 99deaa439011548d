import { type Headers as HeaderRecord, InvalidArgumentError } from '@oss-envelope/core';
import {
  type CredentialsSource,
  checkedHeaders,
  type Method,
  maxPresignSeconds,
  wholeNumber,
} from '@oss-envelope/core/adapter';
import { type BucketAddress, formatObjectUrl } from '../signing/bucket-address.js';
import type { SignatureVersion, Signer } from '../signing/request-signer.js';
import type { SignRequest } from './page-request.js';

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

/** What presigning needs. */
export interface PresigningOptions {
  readonly address: BucketAddress;
  readonly signatureVersion: SignatureVersion | undefined;
  readonly signer: Signer;
  readonly source: CredentialsSource;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** Signs a request with all of its headers into a URL that lives for so many seconds. */
export type Presigning = (
  request: SignRequest,
  expiresSeconds: number,
  signal?: AbortSignal | undefined,
) => Promise<PresignedRequest>;

/** Makes signed URLs for a bucket. */
export function presigning({
  address,
  signatureVersion,
  signer,
  source,
  now,
}: PresigningOptions): Presigning {
  return async (request, expiresSeconds, signal) => {
    const { method, key } = request;
    if (key.includes('?') && signatureVersion === 'v1') {
      // Its string to sign does not encode the key: `a?acl` is signed like the ACL of `a`.
      throw new InvalidArgumentError(
        'key',
        'must not have a question mark in signature version 1: use version 4',
      );
    }
    wholeNumber('expiresSeconds', expiresSeconds, { least: 1, most: maxPresignSeconds });
    const headers = checkedHeaders(request.headers, 'headers', ['content-length', 'x-oss-copy-source']);
    const credentials = await source.get(signal);
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
  };
}
