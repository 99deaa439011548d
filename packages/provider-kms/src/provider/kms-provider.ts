import { InvalidArgumentError, type KeyProvider } from '@oss-envelope/core';
import { type CredentialsSource, credentialsReader } from '../credentials.js';
import { authorityFetch } from '../operations/fetch/authority-fetch.js';
import { fetchOperations } from '../operations/fetch/fetch-operations.js';
import type { CallControl, KmsOperations } from '../operations/kms-operations.js';
import { type ClientGeneration, clientGeneration, type KmsClient } from '../operations/sdk/sdk-client.js';
import { kmsSdk } from '../operations/sdk/sdk-module.js';
import { sdkOperations } from '../operations/sdk/sdk-operations.js';
import { contextObject } from '../options/encryption-context.js';
import { type EndpointOptions, type KmsEndpoint, resolveEndpoint } from '../options/kms-endpoint.js';
import { assembleProvider, assertOptionNames, contextText, type KmsKeyOptions } from './key-options.js';

/** A provider on a client that the user made. */
export interface KmsProviderClientOptions extends KmsKeyOptions {
  /** A client of `@alicloud/kms20160120`: 1.2, 2.x or 3.x. It may serve other callers at the same time. */
  readonly client: KmsClient;
}

/** A provider that makes its client. */
export interface KmsProviderEndpointOptions extends KmsKeyOptions, EndpointOptions {
  /** A value, a function that is asked before each request, or a provider of `@alicloud/credentials`. */
  readonly credentials: CredentialsSource;
  /**
   * PEM certificates of the authorities that the endpoint's certificate may be of, instead of the public ones: for
   * private endpoints (`….cryptoservice.kms.aliyuncs.com`). The requests then go by this package's own signed HTTPS,
   * because clients of 1.2 have no place for an authority.
   */
  readonly ca?: string | readonly string[] | undefined;
}

/** The options of `kmsProvider`. */
export type KmsProviderOptions = KmsProviderClientOptions | KmsProviderEndpointOptions;

/**
 * A key provider on Alibaba Cloud KMS by `@alicloud/kms20160120`.
 *
 * @throws InvalidArgumentError or OutOfRangeError naming the option
 * @example
 * const provider = kmsProvider({
 *   region: 'cn-hangzhou',
 *   credentials: { accessKeyId, accessKeySecret },
 *   keyId: 'alias/photos',
 * });
 */
export function kmsProvider(options: KmsProviderOptions): KeyProvider {
  if (typeof options === 'object' && options !== null && 'client' in options) {
    return assembleProvider(options, clientOperations(options));
  }
  return assembleProvider(options, endpointOperations(options));
}

function clientOperations(options: KmsProviderClientOptions): KmsOperations {
  for (const name of ['region', 'endpoint', 'credentials', 'ca']) {
    if (name in options) {
      throw new InvalidArgumentError(
        name,
        'must not be given together with client, which has its own. Pass endpoint and credentials instead of a client to have one made',
      );
    }
  }
  assertOptionNames(options, ['client']);
  const generation = clientGeneration(options.client);
  assertContextFits(generation, options);
  return sdkOperations(generation);
}

function endpointOperations(options: KmsProviderEndpointOptions): KmsOperations {
  assertOptionNames(options, ['region', 'endpoint', 'credentials', 'ca']);
  const endpoint = resolveEndpoint(options);
  const credentials = credentialsReader(options.credentials);
  if (options.ca !== undefined) {
    const fetch = authorityFetch(authorities(endpoint, options.ca));
    return fetchOperations({ endpoint, credentials, fetch, now: options.now ?? Date.now });
  }
  assertContextFits(prototypeGeneration(), options);
  // A client for each request costs little (connections are shared by all), and its credentials stand still.
  const fresh = async ({ signal }: CallControl): Promise<KmsOperations> => {
    const snapshot = await credentials();
    signal.throwIfAborted();
    const { host, protocol } = endpoint;
    const config = { ...snapshot, endpoint: host, protocol, regionId: options.region };
    return sdkOperations(clientGeneration(new kmsSdk.default(config)));
  };
  return {
    generateDataKey: async (parameters, control) =>
      (await fresh(control)).generateDataKey(parameters, control),
    encrypt: async (parameters, control) => (await fresh(control)).encrypt(parameters, control),
    decrypt: async (parameters, control) => (await fresh(control)).decrypt(parameters, control),
  };
}

/** The generation of the installed package. */
function prototypeGeneration(): ClientGeneration {
  return clientGeneration(kmsSdk.default.prototype);
}

/** A client that cannot send the context is refused at once, not at the first object. */
function assertContextFits(generation: ClientGeneration, options: KmsKeyOptions): void {
  const text = contextText(options);
  if (generation.kind === 'v2' && text !== undefined) contextObject(text);
}

function authorities(endpoint: KmsEndpoint, ca: string | readonly string[]): string {
  const certificates = typeof ca === 'string' ? [ca] : ca;
  if (
    endpoint.protocol !== 'https' ||
    !Array.isArray(certificates) ||
    certificates.length === 0 ||
    !certificates.every((text) => typeof text === 'string' && text.includes('-----BEGIN CERTIFICATE-----'))
  ) {
    throw new InvalidArgumentError('ca', 'must be PEM certificates, for an https endpoint');
  }
  return certificates.join('\n');
}
