import { CapabilityMissingError, type ObjectTransport } from '@oss-envelope/core';
import { assertOptions, createObjectTransport } from '@oss-envelope/core/adapter';
import {
  type SendingOptions,
  type SendingTransport,
  sendingOptionNames,
  sendingTransport,
} from '../sending/request-sender.js';

/** How URLs are opened. */
export interface UrlTransportOptions extends SendingOptions {
  /** The bucket's name: by it `openUrl` knows the key where the bucket stands in the path of a URL. */
  readonly bucket?: string | undefined;
}

/**
 * A transport for who has no credentials and nobody who signs, but presigned URLs: a bucket over it opens them by
 * `openUrl`, and every other call fails with CapabilityMissingError.
 *
 * @example
 * const reader = new EncryptedBucket({ transport: urlTransport(), provider, format: 'sealed' });
 * const object = await reader.openUrl(url);
 * await object.text(); // => 'seize the day'
 *
 * @throws InvalidArgumentError or OutOfRangeError that names the option to change
 */
export function urlTransport(
  options: UrlTransportOptions = {},
): ObjectTransport & { readonly getByUrl: NonNullable<ObjectTransport['getByUrl']> } {
  assertOptions('options', options, [...sendingOptionNames, 'bucket']);
  const { bucketName, crc64, retry, takesChunksInTurn, put, get, head, getByUrl, ...others } =
    sendingTransport(
      async ({ method }) => {
        throw new CapabilityMissingError(
          method.toLowerCase(),
          'This transport only opens presigned URLs, by openUrl: it has no credentials. Use fetchTransport or presignedTransport.',
        );
      },
      options,
      options.bucket,
      (send, others) => createObjectTransport(send, { ...others, takesUrls: true }) as SendingTransport,
    );
  return { bucketName, crc64, retry, takesChunksInTurn, put, get, head, getByUrl, delete: others.delete };
}
