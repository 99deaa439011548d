export { decodeBase64, encodeBase64 } from './base64.js';
export type {
  CallOptions,
  DeleteOptions,
  DownloadOptions,
  EncryptedBucketOptions,
  GetOptions,
  HeadOptions,
  OpenOptions,
  PutOptions,
} from './bucket-options.js';
export type { ByteRange } from './byte-range.js';
export type { CheckpointStore } from './checkpoint-store.js';
export type { Content } from './content.js';
export {
  type ContentKey,
  decryptBytes,
  decryptContent,
  encryptBytes,
  encryptContent,
} from './content-cipher.js';
export {
  type CreateContentKeyOptions,
  createContentKey,
  type ObjectContentKey,
  type OpenContentKeyOptions,
  openContentKey,
} from './content-key.js';
export { EncryptedBucket } from './encrypted-bucket.js';
export { EncryptedObject } from './encrypted-object.js';
export {
  type Envelope,
  type EnvelopeState,
  formatEnvelope,
  type ParseEnvelopeOptions,
  parseEnvelope,
} from './envelope.js';
export {
  AlgorithmNotSupportedError,
  CheckpointError,
  type ErrorCode,
  IntegrityError,
  InvalidArgumentError,
  KeyUnwrapError,
  MalformedEnvelopeError,
  MasterKeyError,
  MissingEnvelopeError,
  NoMatchingKeyError,
  OssEnvelopeError,
  OutOfRangeError,
  RangeNotSatisfiableError,
  ServiceError,
  type ServiceErrorDetails,
  TransportError,
} from './errors.js';
export { type ContentAlgorithm, dataKeyBytes, type FormatName, type WrapAlgorithm } from './formats.js';
export type {
  CreateDataKeyRequest,
  CreatedDataKey,
  KeyProvider,
  UnwrapDataKeyRequest,
  UnwrappedDataKey,
} from './key-provider.js';
export {
  equalMaterialDescriptions,
  formatMaterialDescription,
  type MaterialDescription,
  parseMaterialDescription,
} from './material-description.js';
export { ObjectHandle } from './object-handle.js';
export type { ObjectInfo } from './object-info.js';
export { assertObjectKey } from './object-key.js';
export type {
  CopyObjectRequest,
  Crc64Operations,
  DeleteObjectRequest,
  DownloadResponse,
  FinishPartsRequest,
  GetObjectRequest,
  Headers,
  HeadObjectRequest,
  ObjectResponse,
  ObjectTransport,
  PutObjectRequest,
  PutPartRequest,
  RunningCrc64,
  StoredPart,
  UploadBody,
  UploadRequest,
} from './object-transport.js';
export type { PutResult } from './object-writing.js';
export type { OnProgress, Progress } from './progress.js';
export type { RandomAccessSink } from './range-download.js';
export { SecretBytes } from './secret-bytes.js';
export type { RandomBytes } from './start-value.js';
export type { UserMetadata } from './user-metadata.js';
