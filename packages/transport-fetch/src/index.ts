export type { Addressing, BucketLocation } from './bucket-address.js';
export type { OssCredentials, OssCredentialsInput } from './credentials.js';
export { type FetchTransportOptions, fetchTransport } from './fetch-transport.js';
export {
  type PresignedTransportOptions,
  presignedTransport,
  type SignedRequest,
} from './presigned-transport.js';
export {
  type PresignedRequest,
  type Presigner,
  type PresignerOptions,
  type PresignGetOptions,
  type PresignOptions,
  type PresignPartOptions,
  presigner,
  type ResponseHeaderOverrides,
  type SignOptions,
} from './presigner.js';
export type { Query } from './query.js';
export type { FetchFunction, SendingOptions } from './request-sender.js';
export type { Sleep } from './retry-delay.js';
export type { SignableOperation, SignRequest } from './sign-request.js';
export type { Method } from './signable-request.js';
export type { SignatureVersion } from './signer.js';
