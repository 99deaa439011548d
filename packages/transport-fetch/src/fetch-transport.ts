import type { ObjectTransport, PresignedUrl } from '@oss-envelope/core';
import {
  assertOptions,
  type BaseOptions,
  type CredentialsInput,
  createObjectTransport,
  credentialsSource,
  functionOption,
  loaded,
  type RequestToPresign,
  type SendRequest,
  ServerClock,
  signingRemedy,
} from '@oss-envelope/core/adapter';
import {
  type Authorize,
  type SendingOptions,
  type SendingTransport,
  sendingOptionNames,
  sendingTransport,
} from './sending/request-sender.js';
import {
  type BucketLocation,
  formatObjectUrl,
  locationOptionNames,
  resolveBucketAddress,
} from './signing/bucket-address.js';
import { createSigner, type SignatureVersion } from './signing/request-signer.js';

/** Where the bucket is, who asks, and how. */
export interface FetchTransportOptions extends BucketLocation, SendingOptions {
  /** An access key, STS credentials, a function that fetches them, or an object of `@alicloud/credentials`. */
  readonly credentials: CredentialsInput;
  /** Default `v4`. */
  readonly signatureVersion?: SignatureVersion | undefined;
  /** Names of headers to sign besides Content-Type, Content-MD5 and `x-oss-*`, such as `range`. V4 only. */
  readonly additionalHeaders?: readonly string[] | undefined;
  /** The local clock, in milliseconds. It is corrected where the server finds it wrong. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const optionNames = [
  ...locationOptionNames,
  ...sendingOptionNames,
  'additionalHeaders',
  'credentials',
  'now',
  'signatureVersion',
];

interface Signing {
  readonly authorize: Authorize;
  readonly presign: (request: RequestToPresign) => Promise<PresignedUrl>;
}

function signingWith(options: FetchTransportOptions): Signing {
  const address = resolveBucketAddress(options);
  const { signatureVersion } = options;
  const signer = createSigner({ address, signatureVersion });
  const clock = new ServerClock(functionOption('options.now', options.now, Date.now));
  const source = credentialsSource(options.credentials, () => clock.nowMs());
  const additionalHeaders = options.additionalHeaders ?? [];

  const authorize: Authorize = async (request, signal) => {
    const credentials = await source.get(signal);
    const at = new Date(clock.nowMs());
    return {
      url: formatObjectUrl(address, request.key, request.query),
      headers: await signer.signHeaders(request, credentials, at, additionalHeaders),
      remedy: signingRemedy(clock, () => source.reject(credentials)),
    };
  };

  return {
    authorize,
    async presign({ method, key, query, headers, expiresSeconds, signal }) {
      // Few pages sign for others.
      const { presigning } = await loaded(import('./presigning/presigning.js'));
      const presign = presigning({ address, signatureVersion, signer, source, now: () => clock.nowMs() });
      return { ...(await presign({ method, key, query, headers }, expiresSeconds, signal)), method };
    },
  };
}

/**
 * Moves objects to and from a bucket of OSS by signed `fetch`, in browsers, workers, Deno, Bun and Node. Safe to use
 * concurrently.
 *
 * When OSS answers that it cannot serve a request now, or the network fails, the request is sent again after a pause.
 * Only a body of chunks that has begun is not. A clock that is wrong, and credentials that OSS refuses, are put right
 * once in a call. A redirect is never followed.
 *
 * @example
 * const transport = fetchTransport({
 *   endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
 *   bucket: 'photos',
 *   credentials: async () => (await fetch('/sts')).json(),
 * });
 * const bucket = new EncryptedBucket({ transport, provider, format: 'sealed' });
 * await bucket.put('motto.txt', 'seize the day');
 *
 * @throws InvalidArgumentError or OutOfRangeError that names the option to change
 */
export function fetchTransport(
  options: FetchTransportOptions,
): SendingTransport & { readonly presign: NonNullable<ObjectTransport['presign']> } {
  assertOptions('options', options, optionNames);
  const { authorize, presign } = signingWith(options);
  const create = (send: SendRequest, others: BaseOptions): SendingTransport =>
    createObjectTransport(send, { ...others, takesUrls: true, presign }) as SendingTransport;
  return sendingTransport(authorize, options, options.bucket, create) as ReturnType<typeof fetchTransport>;
}
