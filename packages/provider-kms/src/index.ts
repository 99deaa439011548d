export type { Credentials, CredentialsParts, CredentialsProvider, CredentialsSource } from './credentials.js';
export type { Sleep } from './operations/resilient-operations.js';
export type { KmsClient, KmsClientV1, KmsClientV2 } from './operations/sdk/sdk-client.js';
export type { EncryptionContext } from './options/encryption-context.js';
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
