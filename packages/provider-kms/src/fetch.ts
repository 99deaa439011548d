export type { Credentials, CredentialsParts, CredentialsProvider, CredentialsSource } from './credentials.js';
export type { Fetch, FetchInit } from './operations/fetch/fetch-operations.js';
export type { Sleep } from './operations/resilient-operations.js';
export type { EncryptionContext } from './options/encryption-context.js';
export type { EndpointOptions } from './options/kms-endpoint.js';
export type { KmsKeyOptions } from './provider/key-options.js';
export { type KmsFetchProviderOptions, kmsFetchProvider } from './provider/kms-fetch-provider.js';
export type { BlobLayering } from './wrapping/blob-layering.js';
export type { DataKeyCacheLimits } from './wrapping/data-key-cache.js';
