import { type Headers as HeaderRecord, InvalidArgumentError } from '@oss-envelope/core';
import { type CheckedCredentials, oneOf, type Query } from '@oss-envelope/core/adapter';
import { digest } from '#digest';
import type { Hmac } from '../port/digest.js';
import type { BucketAddress } from './bucket-address.js';
import type { SignableRequest } from './request-to-sign.js';
import { formatAuthorizationV1, signatureV1, stringToSignV1 } from './signature-v1.js';
import {
  additionalHeaderNames,
  algorithmV4,
  canonicalRequestV4,
  formatAuthorizationV4,
  formatScopeV4,
  formatTimestampV4,
  type ScopeV4,
  signatureV4,
  signingKeyV4,
  stringToSignV4,
  unsignedPayload,
} from './signature-v4.js';

/** `v4`: OSS4-HMAC-SHA256. `v1`: HMAC-SHA1, for old endpoints and gateways. */
export type SignatureVersion = 'v1' | 'v4';

/** What to sign: a request for an object of the bucket. */
export type ObjectSignableRequest = Omit<SignableRequest, 'bucket'> & { readonly key: string };

/** When a presigned URL begins and ends. */
export interface SigningPeriod {
  readonly startsAt: Date;
  readonly expiresSeconds: number;
}

/** Signs requests for one bucket. */
export interface Signer {
  /**
   * The headers to send, with those that the signature adds.
   *
   * @param listed - headers to sign besides those that always are (V4 only)
   */
  signHeaders(
    request: ObjectSignableRequest,
    credentials: CheckedCredentials,
    at: Date,
    listed: readonly string[],
  ): Promise<HeaderRecord>;
  /** The query to send, with the signature. The request's headers that are signed have to be sent as they are. */
  signQuery(
    request: ObjectSignableRequest,
    credentials: CheckedCredentials,
    period: SigningPeriod,
    listed: readonly string[],
  ): Promise<Query>;
}

/** What a signer of version 4 is for. */
export interface SignerOptions {
  readonly address: BucketAddress;
  readonly signatureVersion?: SignatureVersion | undefined;
}

function v1Signer(bucket: string): Signer {
  return {
    async signHeaders(request, credentials, at) {
      const date = at.toUTCString();
      const headers = {
        ...request.headers,
        'x-oss-date': date,
        ...(credentials.securityToken && { 'x-oss-security-token': credentials.securityToken }),
      };
      const text = stringToSignV1({ ...request, bucket, headers }, date);
      const signature = await signatureV1(credentials.accessKeySecret, text);
      return { ...headers, authorization: formatAuthorizationV1(credentials.accessKeyId, signature) };
    },
    async signQuery(request, credentials, period) {
      const expires = String(Math.floor(period.startsAt.getTime() / 1000) + period.expiresSeconds);
      const query = {
        ...request.query,
        ...(credentials.securityToken && { 'security-token': credentials.securityToken }),
      };
      const text = stringToSignV1({ ...request, bucket, query }, expires);
      const Signature = await signatureV1(credentials.accessKeySecret, text);
      return { ...query, OSSAccessKeyId: credentials.accessKeyId, Expires: expires, Signature };
    },
  };
}

function v4Signer({ bucket, host }: BucketAddress, region: string): Signer {
  let cached: { readonly secret: string; readonly date: string; readonly key: Promise<Hmac> } | undefined;

  /** A day's key serves all of the day's requests: deriving it costs four of the five HMACs. */
  function keyOf(secret: string, scope: ScopeV4): Promise<Hmac> {
    if (cached?.secret !== secret || cached.date !== scope.date) {
      const key = signingKeyV4(secret, scope).then((bytes) => digest.importHmacKey('SHA-256', bytes));
      cached = { secret, date: scope.date, key };
    }
    return cached.key;
  }

  async function sign(
    request: ObjectSignableRequest,
    credentials: CheckedCredentials,
    at: Date,
    listed: readonly string[],
  ): Promise<string> {
    const timestamp = formatTimestampV4(at);
    const scope = scopeAt(at);
    const canonicalRequest = canonicalRequestV4({ ...withHost(request, listed), bucket }, listed);
    const key = await keyOf(credentials.accessKeySecret, scope);
    return signatureV4(key, await stringToSignV4(timestamp, scope, canonicalRequest));
  }

  function scopeAt(at: Date): ScopeV4 {
    return { date: formatTimestampV4(at).slice(0, 8), region, product: 'oss' };
  }

  /** A runtime sets `Host` by itself, so a request has it without naming it. */
  function withHost(request: ObjectSignableRequest, listed: readonly string[]): ObjectSignableRequest {
    const isListed = listed.some((name) => name.toLowerCase() === 'host');
    return isListed ? { ...request, headers: { ...request.headers, host } } : request;
  }

  return {
    async signHeaders(request, credentials, at, listed) {
      const headers = {
        ...request.headers,
        'x-oss-date': formatTimestampV4(at),
        'x-oss-content-sha256': unsignedPayload,
        ...(credentials.securityToken && { 'x-oss-security-token': credentials.securityToken }),
      };
      const signed = { ...request, headers };
      const signature = await sign(signed, credentials, at, listed);
      const names = additionalHeaderNames(withHost(signed, listed), listed);
      const authorization = formatAuthorizationV4(credentials.accessKeyId, scopeAt(at), names, signature);
      return { ...headers, authorization };
    },
    async signQuery(request, credentials, period, listed) {
      const names = additionalHeaderNames(withHost(request, listed), listed);
      const query = {
        ...request.query,
        'x-oss-signature-version': algorithmV4,
        'x-oss-date': formatTimestampV4(period.startsAt),
        'x-oss-expires': String(period.expiresSeconds),
        'x-oss-credential': `${credentials.accessKeyId}/${formatScopeV4(scopeAt(period.startsAt))}`,
        ...(names.length > 0 && { 'x-oss-additional-headers': names.join(';') }),
        ...(credentials.securityToken && { 'x-oss-security-token': credentials.securityToken }),
      };
      const signature = await sign({ ...request, query }, credentials, period.startsAt, listed);
      return { ...query, 'x-oss-signature': signature };
    },
  };
}

/**
 * A signer for one bucket.
 *
 * @throws InvalidArgumentError when version 4 lacks a region, or the version is unknown
 */
export function createSigner({ address, signatureVersion }: SignerOptions): Signer {
  if (oneOf('signatureVersion', signatureVersion, ['v4', 'v1'], 'v4') === 'v1')
    return v1Signer(address.bucket);
  if (address.region === undefined) {
    throw new InvalidArgumentError(
      'region',
      'must be given, such as "cn-hangzhou": this endpoint does not name it',
    );
  }
  return v4Signer(address, address.region);
}
