export type { EncryptionContext } from '@oss-envelope/core';
export type {
  Credentials,
  CredentialsInput,
  CredentialsParts,
  CredentialsProvider,
} from '@oss-envelope/core/adapter';
export type { KmsClient, KmsClientV1, KmsClientV2 } from './operations/sdk/sdk-client.js';
export type { EndpointOptions } from './options/kms-endpoint.js';
export type { KmsKeyOptions } from './provider/key-options.js';
export {
  type KmsProviderClientOptions,
  type KmsProviderEndpointOptions,
  type KmsProviderOptions,
  kmsProvider,
} from './provider/kms-provider.js';
export type { BlobLayering } from './wrapping/blob-layering.js';
export type { DataKeyCacheLimits } from './wrapping/data-key-cache.js';
