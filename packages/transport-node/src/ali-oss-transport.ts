import type { ObjectTransport, RetryPolicy } from '@oss-envelope/core';
import {
  assertOptions,
  type CompleteObjectTransport,
  type CredentialsInput,
  createObjectTransport,
  type OssAnswer,
  type OssRequest,
  retryPolicy,
  unlessAborted,
  wholeNumber,
} from '@oss-envelope/core/adapter';
import { decimalCrc64 } from '@oss-envelope/crc64';
import { type AliOssClient, bucketOf, openAliOssClient } from './ali-oss-client.js';
import { createAliOssSigner } from './ali-oss-signer.js';
import { HttpExchange } from './http-exchange.js';
import { sendTogether } from './send-together.js';

/** How requests are signed and sent; all have defaults. */
export interface AliOssTransportOptions {
  /**
   * What to sign with in place of the client's own access key: a value; a function, asked again shortly before its
   * credentials end and when OSS refuses them; or an object of `@alicloud/credentials`. The client wants some access key
   * to be made with, which is not used then.
   */
  readonly credentials?: CredentialsInput | undefined;
  /**
   * How long a request may wait for the network without any progress, in milliseconds; 1 to 2^31 - 1. Default 60,000. A
   * transfer that makes progress may take any time: the client's own `timeout` is not used.
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * How many times a request that can be repeated is sent again after a passing failure; 0 or more. Default 3. The
   * client's own `retryMax` is not used. A body of chunks that has begun is never sent again.
   */
  readonly retries?: number | undefined;
  /** Waits between the attempts. Default: the system's clock. */
  readonly sleep?: RetryPolicy['sleep'] | undefined;
  /** A number from 0 up to, not including, 1, for the length of those waits. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** A transport with every optional capability. */
export type AliOssTransport = CompleteObjectTransport & {
  readonly [Capability in 'getByUrl' | 'presign']: NonNullable<ObjectTransport[Capability]>;
};

const optionNames = ['credentials', 'idleTimeoutMs', 'random', 'retries', 'sleep'];

/**
 * Moves objects to and from the bucket of an ali-oss client. The client signs, and knows the endpoint, the credentials
 * and the agents; its bucket may be changed by `useBucket` at any time. An STS token that has ended is renewed by the
 * client's `refreshSTSToken`, once for all calls that wait, and a local clock that is wrong is corrected. With the option
 * `credentials` these are used in place of the client's.
 *
 * @example
 * const client = new OSS({ region: 'oss-cn-hangzhou', accessKeyId, accessKeySecret, bucket: 'photos', secure: true });
 * const bucket = new EncryptedBucket({ transport: aliOssTransport(client), provider, format: 'sealed' });
 * await bucket.put('motto.txt', 'seize the day');
 *
 * @throws InvalidArgumentError when `client` is no client of ali-oss 6, or sends its requests by a proxy or a urllib
 *   of its own, and for an unknown option
 * @throws OutOfRangeError for an option out of its range
 */
export function aliOssTransport(client: AliOssClient, options: AliOssTransportOptions = {}): AliOssTransport {
  const inner = openAliOssClient(client);
  assertOptions('options', options, optionNames);
  const idleTimeoutMs = wholeNumber(
    'options.idleTimeoutMs',
    options.idleTimeoutMs,
    { least: 1, most: 2 ** 31 - 1 },
    60_000,
  );
  const signer = createAliOssSigner(inner, options.credentials);

  async function send(request: OssRequest): Promise<OssAnswer> {
    const { body, signal, url } = request;
    const signed =
      url === undefined
        ? await unlessAborted(signer.sign(request, bucketOf(inner)), signal)
        : signer.unsigned({ ...request, url });
    const exchange = await sendTogether(() => HttpExchange.open(signed, body, { signal, idleTimeoutMs }));
    return {
      status: exchange.status,
      headers: exchange.headers,
      // node:http copies each out of the parser's memory.
      chunksAreOwned: true,
      read: () => exchange.read(),
      cancel: (error) => exchange.cancel(error),
      remedy: signed.remedy,
    };
  }

  return createObjectTransport(send, {
    bucket: () => inner.options.bucket ?? undefined,
    retry: retryPolicy(options),
    documentTimeoutMs: idleTimeoutMs,
    crc64: decimalCrc64,
    takesUrls: true,
    async presign(request) {
      bucketOf(inner);
      return unlessAborted(signer.presign(request), request.signal);
    },
  }) as AliOssTransport;
}
