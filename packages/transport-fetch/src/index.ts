export type { Credentials, CredentialsInput, Method, Query } from '@oss-envelope/core/adapter';
export { type FetchTransportOptions, fetchTransport } from './fetch-transport.js';
export type { FetchFunction } from './port/fetch-function.js';
export type { SignableOperation, SignRequest } from './presigning/page-request.js';
export {
  type PresignedTransportOptions,
  presignedTransport,
  type SignedRequest,
} from './presigning/presigned-transport.js';
export {
  type Presigner,
  type PresignerOptions,
  type PresignGetOptions,
  type PresignOptions,
  type PresignPartOptions,
  presigner,
  type ResponseHeaderOverrides,
  type SignOptions,
} from './presigning/presigner.js';
export type { PresignedRequest } from './presigning/presigning.js';
export { type UrlTransportOptions, urlTransport } from './presigning/url-transport.js';
export type { SendingOptions } from './sending/request-sender.js';
export type { Addressing, BucketLocation } from './signing/bucket-address.js';
export type { SignatureVersion } from './signing/request-signer.js';
