export type { EncryptionContext } from '@oss-envelope/core';
export type {
  Credentials,
  CredentialsInput,
  CredentialsParts,
  CredentialsProvider,
} from '@oss-envelope/core/adapter';
export type { Fetch, FetchInit } from './operations/fetch/fetch-call.js';
export type { EndpointOptions } from './options/kms-endpoint.js';
export type { KmsKeyOptions } from './provider/key-options.js';
export { type KmsFetchProviderOptions, kmsFetchProvider } from './provider/kms-fetch-provider.js';
export type { BlobLayering } from './wrapping/blob-layering.js';
export type { DataKeyCacheLimits } from './wrapping/data-key-cache.js';
