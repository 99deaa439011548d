export { decodeBase64, encodeBase64 } from './base64.js';
export {
  AlgorithmNotSupportedError,
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
export type {
  CopyObjectRequest,
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
  StoredPart,
  UploadBody,
  UploadRequest,
} from './object-transport.js';
export { SecretBytes } from './secret-bytes.js';
