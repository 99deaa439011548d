export { assertObjectKey } from './adapter/object-key.js';
export type { CopyResult } from './changing/copying.js';
export type { ReencryptResult } from './changing/reencrypting.js';
export type { RewrapResult } from './changing/rewrapping.js';
export type { ContentAlgorithm, CounterKey } from './cipher/content-scheme.js';
export {
  decryptBytes,
  decryptContent,
  encryptBytes,
  encryptContent,
  type PlacedCounterKey,
} from './cipher/counter-mode.js';
export type { ByteRange } from './cipher/plaintext-range.js';
export { EncryptedBucket } from './client/encrypted-bucket.js';
export { EncryptedObject } from './client/encrypted-object.js';
export type { ListedEntry, ListedObjectEntry, ListedPrefixEntry } from './client/listed-entry.js';
export type { DeleteManyResult } from './client/object-deletion.js';
export type { ObjectHandle, ReadOptions } from './client/object-handle.js';
export type { VerifiedObject } from './client/object-verification.js';
export type {
  CallOptions,
  CopyOptions,
  DeleteManyOptions,
  DeleteOptions,
  DownloadOptions,
  EncryptedBucketOptions,
  ExistsOptions,
  GetOptions,
  HeadOptions,
  ListOptions,
  OpenOptions,
  OpenUrlOptions,
  PresignGetOptions,
  PresignPutOptions,
  PutOptions,
  ReencryptOptions,
  RenameOptions,
  RewrapOptions,
} from './client/option-types.js';
export type { PresignedUpload } from './client/presigned-upload.js';
export type { UrlToOpen } from './client/url-opening.js';
export type {
  BucketRequest,
  BucketStatistics,
  BucketView,
  ListedUpload,
  ListedVersion,
  ListPageRequest,
  ListPlace,
  OverwriteRule,
  ReplicationRule,
  RetentionPolicy,
  UploadPage,
  VersionPage,
} from './contract/bucket-view.js';
export type { CheckpointJournal, CheckpointStore } from './contract/checkpoint-store.js';
export type {
  CounterFormatName,
  EncryptionContext,
  FormatName,
  KeyProvider,
  MaterialDescription,
  UnwrapKeyRequest,
  UnwrappedKey,
  WrapAlgorithm,
  WrapKeyRequest,
  WrappedKey,
} from './contract/key-provider.js';
export { dataKeyBytes, sealedContext, sealedLabel } from './contract/key-provider.js';
export type {
  CopyObjectRequest,
  Crc64Operations,
  DeleteObjectRequest,
  DeleteObjectsRequest,
  DownloadResponse,
  FinishPartsRequest,
  GetByUrlRequest,
  GetObjectRequest,
  Headers,
  HeadObjectRequest,
  ListedObject,
  ListObjectsRequest,
  ObjectAcl,
  ObjectAclRequest,
  ObjectPage,
  ObjectResponse,
  ObjectTags,
  ObjectTagsRequest,
  ObjectTransport,
  PartOperations,
  PresignedUrl,
  PresignRequest,
  PutObjectRequest,
  PutPartRequest,
  RefusedDeletion,
  RetryPolicy,
  RunningCrc64,
  StoredPart,
  UploadBody,
  UploadRequest,
} from './contract/object-transport.js';
export { SecretBytes } from './contract/secret-bytes.js';
export { decodeBase64, encodeBase64 } from './encoding/base64.js';
export {
  type CreateContentKeyOptions,
  createContentKey,
  type ObjectContentKey,
} from './envelope/content-key.js';
export type { CounterEnvelope } from './envelope/counter-envelope.js';
export {
  type Envelope,
  type EnvelopeKey,
  type EnvelopeState,
  formatEnvelope,
} from './envelope/envelope.js';
export { type ParseEnvelopeOptions, parseEnvelope } from './envelope/envelope-reading.js';
export {
  equalMaterialDescriptions,
  formatMaterialDescription,
} from './envelope/material-description.js';
export { parseMaterialDescription } from './envelope/material-description-reading.js';
export { type OpenContentKeyOptions, openContentKey } from './envelope/opened-key.js';
export type { SealedEnvelope, SealedRecipient } from './envelope/sealed-envelope.js';
export type { RandomBytes } from './envelope/start-value.js';
export type { UserMetadata } from './envelope/user-metadata.js';
export type { KeyReuse } from './envelope/wrapping-key-pool.js';
export { type Writer, writersOf } from './envelope/writers.js';
export {
  AlgorithmNotSupportedError,
  CapabilityMissingError,
  CheckpointError,
  ContentTakenError,
  type ErrorCode,
  type FailedDeletion,
  FormatNotAllowedError,
  IncompleteDeletionError,
  IntegrityError,
  InvalidArgumentError,
  isOssEnvelopeError,
  KeyUnwrapError,
  MalformedEnvelopeError,
  MasterKeyError,
  MissingEnvelopeError,
  NoMatchingKeyError,
  ObjectChangedError,
  ObjectMismatchError,
  type ObjectOperation,
  OssEnvelopeError,
  OutOfRangeError,
  RangeNotSatisfiableError,
  ReencryptionNeededError,
  ServiceError,
  type ServiceErrorDetails,
  type ServiceName,
  TransportError,
} from './errors/errors.js';
export { answeredEnvelope } from './reading/answered-envelope.js';
export { exposedHeaders } from './reading/exposed-headers.js';
export type { ObjectInfo } from './reading/object-info.js';
export type { RandomAccessSink } from './reading/range-download.js';
export type { OnProgress, Progress } from './stream/progress.js';
export type { PutResult } from './writing/put-result.js';
export type { Content, RepeatableContent } from './writing/source.js';
