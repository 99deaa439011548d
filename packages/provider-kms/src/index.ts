export type { BlobLayering } from './blob-layering.js';
export type { Credentials, CredentialsParts, CredentialsProvider, CredentialsSource } from './credentials.js';
export type { DataKeyCacheLimits } from './data-key-cache.js';
export type { EncryptionContext } from './encryption-context.js';
export type { EndpointOptions } from './kms-endpoint.js';
export {
  type KmsProviderClientOptions,
  type KmsProviderEndpointOptions,
  type KmsProviderOptions,
  kmsProvider,
} from './kms-provider.js';
export type { KmsKeyOptions } from './provider-options.js';
export type { Sleep } from './resilient-operations.js';
export type { KmsClient, KmsClientV1, KmsClientV2 } from './sdk-client.js';
