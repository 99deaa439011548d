export type { FaultPlan, KmsFault, KmsFaultKind } from './kms/control/fault-plan.js';
export type { KmsRequest, KmsRequestLog } from './kms/control/request-log.js';
export { type KmsOptions, type LocalKms, startKms } from './kms/control/start-kms.js';
export type { RecordedAnswer } from './kms/operations/actions.js';
export type { SignatureGeneration } from './kms/signatures/authentication.js';
export { defaultKmsAccount, type KmsAccount, type KmsAccounts } from './kms/signatures/kms-account.js';
export type { KeyAlias, KeyState, KeyStore, MasterKey } from './kms/storage/key-store.js';
export type {
  Fault as OssFault,
  FaultEffect as OssFaultEffect,
  FaultKind as OssFaultKind,
  FaultMatch as OssFaultMatch,
  FaultPlan as OssFaultPlan,
  FaultRule as OssFaultRule,
  FaultSubject as OssFaultSubject,
} from './oss/control/fault.js';
export type { LocalObject, LocalOss, LocalUpload } from './oss/control/local-oss.js';
export type {
  LoggedRequest as OssLoggedRequest,
  RequestLog as OssRequestLog,
} from './oss/control/request-log.js';
export { type OssOptions, startOss } from './oss/control/start-oss.js';
export { OssError } from './oss/http/oss-error.js';
export { type AccountBook, defaultOssAccount, type OssAccount } from './oss/signatures/account.js';
export type { BucketAcl } from './oss/storage/object-attributes.js';
export type {
  BucketRules,
  ObjectType,
  OverwriteRule,
  ReplicationRule,
  RetentionPolicy,
  VersioningStatus,
} from './oss/storage/stored-object.js';
