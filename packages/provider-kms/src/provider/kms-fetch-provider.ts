import { InvalidArgumentError, type KeyProvider } from '@oss-envelope/core';
import { type CredentialsInput, credentialsSource, functionOption } from '@oss-envelope/core/adapter';
import { credentialedCall } from '../operations/credentialed-call.js';
import { type Fetch, fetchCall } from '../operations/fetch/fetch-call.js';
import { type EndpointOptions, resolveEndpoint } from '../options/kms-endpoint.js';
import { assembleProvider, assertOptionNames, type KmsKeyOptions } from './key-options.js';

/** The options of `kmsFetchProvider`. */
export interface KmsFetchProviderOptions extends KmsKeyOptions, EndpointOptions {
  /**
   * A value, a function, or an object of `@alicloud/credentials`. A function is asked again shortly before its
   * credentials end, and when KMS refuses them.
   */
  readonly credentials: CredentialsInput;
  /** The platform's `fetch` unless given: one that trusts a private authority, or one for tests. */
  readonly fetch?: Fetch | undefined;
}

/**
 * A key provider on Alibaba Cloud KMS by signed `fetch` (ACS3-HMAC-SHA256): for browsers, workers, Deno, Bun and Node,
 * without a package of Alibaba Cloud.
 *
 * @throws InvalidArgumentError or OutOfRangeError naming the option
 * @example
 * const provider = kmsFetchProvider({ region: 'cn-hangzhou', keyId: 'alias/photos', credentials: () => stsCredentials() });
 * const bucket = new EncryptedBucket({ transport, provider, format: 'sealed' });
 * await bucket.put('motto.txt', 'seize the day');
 */
export function kmsFetchProvider(options: KmsFetchProviderOptions): KeyProvider {
  if (typeof options === 'object' && options !== null && 'ca' in options) {
    throw new InvalidArgumentError(
      'ca',
      'is not an option here: fetch takes no authority. Pass a fetch that trusts it, set NODE_EXTRA_CA_CERTS, or use kmsProvider',
    );
  }
  assertOptionNames(options, ['region', 'endpoint', 'credentials', 'fetch']);
  const endpoint = resolveEndpoint(options);
  const now = functionOption('now', options.now, Date.now);
  const send = functionOption('fetch', options.fetch, (url, init) => fetch(url, init));
  const source = credentialsSource(options.credentials, now);
  return assembleProvider(
    options,
    credentialedCall(source, (credentials) => fetchCall({ endpoint, fetch: send, now }, credentials)),
  );
}
