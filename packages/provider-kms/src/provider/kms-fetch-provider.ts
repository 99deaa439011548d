import { InvalidArgumentError, type KeyProvider } from '@oss-envelope/core';
import { type CredentialsSource, credentialsReader } from '../credentials.js';
import { type Fetch, fetchOperations } from '../operations/fetch/fetch-operations.js';
import { type EndpointOptions, resolveEndpoint } from '../options/kms-endpoint.js';
import { assembleProvider, assertOptionNames, type KmsKeyOptions } from './key-options.js';

/** The options of `kmsFetchProvider`. */
export interface KmsFetchProviderOptions extends KmsKeyOptions, EndpointOptions {
  /** A value, a function that is asked before each request, or a provider of `@alicloud/credentials`. */
  readonly credentials: CredentialsSource;
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
 */
export function kmsFetchProvider(options: KmsFetchProviderOptions): KeyProvider {
  if (typeof options === 'object' && options !== null && 'ca' in options) {
    throw new InvalidArgumentError(
      'ca',
      'is not an option here: fetch takes no authority. Pass a fetch that trusts it, set NODE_EXTRA_CA_CERTS, or use kmsProvider',
    );
  }
  assertOptionNames(options, ['region', 'endpoint', 'credentials', 'fetch']);
  if (options.fetch !== undefined && typeof options.fetch !== 'function') {
    throw new InvalidArgumentError('fetch', 'must be a function');
  }
  return assembleProvider(
    options,
    fetchOperations({
      endpoint: resolveEndpoint(options),
      credentials: credentialsReader(options.credentials),
      fetch: options.fetch ?? ((url, init) => fetch(url, init)),
      now: options.now ?? Date.now,
    }),
  );
}
