import type { ObjectTransport } from '@oss-envelope/core';
import { type BucketLocation, formatObjectUrl, resolveBucketAddress } from './bucket-address.js';
import { credentialsSource, type OssCredentialsInput } from './credentials.js';
import { createObjectTransport } from './object-transport.js';
import { type Authorize, RequestSender, type SendingOptions } from './request-sender.js';
import { ServerClock } from './server-clock.js';
import { createSigner, type SignatureVersion } from './signer.js';

/** Where the bucket is, who asks, and how. */
export interface FetchTransportOptions extends BucketLocation, SendingOptions {
  /** An access key, STS credentials, or a function that fetches them. */
  readonly credentials: OssCredentialsInput;
  /** Default `v4`. */
  readonly signatureVersion?: SignatureVersion | undefined;
  /** Names of headers to sign besides Content-Type, Content-MD5 and `x-oss-*`, such as `range`. V4 only. */
  readonly additionalHeaders?: readonly string[] | undefined;
  /** The local clock, in milliseconds. It is put right where the server finds it wrong. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** Refusals that other credentials may cure. */
const credentialsCodes: readonly (string | undefined)[] = [
  'InvalidAccessKeyId',
  'InvalidSecurityToken',
  'SecurityTokenExpired',
];

function signingWith(options: FetchTransportOptions): Authorize {
  const now = options.now ?? Date.now;
  const address = resolveBucketAddress(options);
  const signer = createSigner({ address, signatureVersion: options.signatureVersion });
  const clock = new ServerClock(now);
  const source = credentialsSource(options.credentials, () => clock.date().getTime());
  const additionalHeaders = options.additionalHeaders ?? [];

  return async (request) => {
    const credentials = await source.get();
    const headers = await signer.signHeaders(request, credentials, clock.date(), additionalHeaders);
    const { accessKeySecret, securityToken } = credentials;
    const signature = headers.authorization?.replace(/^OSS .*:|^.*Signature=/, '');
    const url = formatObjectUrl(address, request.key, request.query);
    return {
      url,
      headers,
      secrets: [url, accessKeySecret, signature, securityToken].filter((secret) => secret !== undefined),
      remedy({ error, serverTimeMs }) {
        if (error.serviceCode === 'RequestTimeTooSkewed' && serverTimeMs !== undefined) {
          return clock.set(serverTimeMs) ? 'clock' : undefined;
        }
        if (credentialsCodes.includes(error.serviceCode)) {
          return source.reject(credentials) ? 'credentials' : undefined;
        }
        return undefined;
      },
    };
  };
}

/**
 * Moves objects to and from a bucket of OSS by signed `fetch`, in browsers, workers, Deno, Bun and Node. Safe to use
 * concurrently.
 *
 * What can be sent again is, after a pause, when OSS answers with 5xx or 429 or the network fails: everything but a body
 * of chunks that has been begun. A clock that is wrong, and credentials that OSS finds expired, are put right once in a
 * call. A redirect is never followed.
 *
 * Metadata values may be any text; they travel as UTF-8.
 *
 * @example
 * const transport = fetchTransport({
 *   endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
 *   bucket: 'photos',
 *   credentials: async () => (await fetch('/sts')).json(),
 * });
 * const bucket = new EncryptedBucket({ transport, provider, format: 'oss-crypto' });
 *
 * @throws InvalidArgumentError or OutOfRangeError that names the option to change
 */
export function fetchTransport(options: FetchTransportOptions): ObjectTransport {
  return createObjectTransport(new RequestSender(signingWith(options), options), options.bucket);
}
