export type { RecordedAnswer } from './kms/actions.js';
export type { SignatureGeneration } from './kms/authentication.js';
export type { FaultPlan, KmsFault, KmsFaultKind } from './kms/fault-plan.js';
export type { KeyAlias, KeyState, KeyStore, MasterKey } from './kms/key-store.js';
export { defaultKmsAccount, type KmsAccount, type KmsAccounts } from './kms/kms-account.js';
export { type KmsOptions, type LocalKms, startKms } from './kms/kms-server.js';
export type { KmsRequest, KmsRequestLog } from './kms/request-log.js';
export { type AccountBook, defaultOssAccount, type OssAccount } from './oss/account.js';
export type {
  Fault as OssFault,
  FaultEffect as OssFaultEffect,
  FaultKind as OssFaultKind,
  FaultMatch as OssFaultMatch,
  FaultPlan as OssFaultPlan,
  FaultRule as OssFaultRule,
  FaultSubject as OssFaultSubject,
} from './oss/fault.js';
export type { BucketAcl, ObjectType } from './oss/object-catalog.js';
export { OssError } from './oss/oss-error.js';
export type { LoggedRequest as OssLoggedRequest, RequestLog as OssRequestLog } from './oss/request-log.js';
export {
  type LocalObject,
  type LocalOss,
  type LocalUpload,
  type OssOptions,
  startOss,
} from './oss/start-oss.js';
