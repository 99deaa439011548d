import { InvalidArgumentError, type KeyProvider } from '@oss-envelope/core';
import { type CredentialsInput, credentialsSource, functionOption } from '@oss-envelope/core/adapter';
import { credentialedCall } from '../operations/credentialed-call.js';
import { authorityFetch } from '../operations/fetch/authority-fetch.js';
import { fetchCall } from '../operations/fetch/fetch-call.js';
import type { KmsCall } from '../operations/kms-operations.js';
import { sdkCall } from '../operations/sdk/sdk-call.js';
import { clientGeneration, type KmsClient } from '../operations/sdk/sdk-client.js';
import { kmsSdk } from '../operations/sdk/sdk-module.js';
import { contextObject } from '../options/encryption-context.js';
import { type EndpointOptions, type KmsEndpoint, resolveEndpoint } from '../options/kms-endpoint.js';
import { assembleProvider, assertOptionNames, boundContext, type KmsKeyOptions } from './key-options.js';

/** A provider on a client that the user made. */
export interface KmsProviderClientOptions extends KmsKeyOptions {
  /** A client of `@alicloud/kms20160120`: 1.2, 2.x or 3.x. It may serve other callers at the same time. */
  readonly client: KmsClient;
}

/** A provider that makes its client. */
export interface KmsProviderEndpointOptions extends KmsKeyOptions, EndpointOptions {
  /**
   * A value, a function, or an object of `@alicloud/credentials`. A function is asked again shortly before its
   * credentials end, and when KMS refuses them.
   */
  readonly credentials: CredentialsInput;
  /**
   * PEM certificates of the authorities to trust, in the place of the public ones: for private endpoints
   * (`….cryptoservice.kms.aliyuncs.com`). This package then sends the requests by itself, since clients of 1.2 take no
   * authority.
   */
  readonly ca?: string | readonly string[] | undefined;
}

/** The options of `kmsProvider`. */
export type KmsProviderOptions = KmsProviderClientOptions | KmsProviderEndpointOptions;

/**
 * A key provider on Alibaba Cloud KMS by `@alicloud/kms20160120`, which is loaded at first use. Where it is not
 * installed, calls reject with a MasterKeyError that says so.
 *
 * @throws InvalidArgumentError or OutOfRangeError naming the option
 * @example
 * const provider = kmsProvider({
 *   region: 'cn-hangzhou',
 *   credentials: { accessKeyId, accessKeySecret },
 *   keyId: 'alias/photos',
 * });
 * const bucket = new EncryptedBucket({ transport, provider, format: 'sealed' });
 * await bucket.put('motto.txt', 'seize the day');
 */
export function kmsProvider(options: KmsProviderOptions): KeyProvider {
  if (typeof options === 'object' && options !== null && 'client' in options) {
    return assembleProvider(options, clientCall(options));
  }
  return assembleProvider(options, endpointCall(options));
}

function clientCall(options: KmsProviderClientOptions): KmsCall {
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
  // A client that cannot send the context is refused at once, not at the first object.
  const { text } = boundContext(options);
  if (generation.kind === 'v2' && text !== undefined) contextObject(text);
  return sdkCall(generation);
}

function endpointCall(options: KmsProviderEndpointOptions): KmsCall {
  assertOptionNames(options, ['region', 'endpoint', 'credentials', 'ca']);
  const endpoint = resolveEndpoint(options);
  const now = functionOption('now', options.now, Date.now);
  const source = credentialsSource(options.credentials, now);
  if (options.ca !== undefined) {
    const fetch = authorityFetch(authorities(endpoint, options.ca));
    return credentialedCall(source, (credentials) => fetchCall({ endpoint, fetch, now }, credentials));
  }
  const { host, protocol } = endpoint;
  // A client for each request costs little (connections are shared by all), and its credentials stand still.
  return credentialedCall(source, async ({ accessKeyId, accessKeySecret, securityToken }) => {
    const { default: Client } = await kmsSdk();
    const keys = { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
    const config = { ...keys, endpoint: host, protocol, regionId: options.region };
    return sdkCall(clientGeneration(new Client(config)));
  });
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
