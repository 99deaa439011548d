export type { RecordedAnswer } from './kms/actions.js';
export type { SignatureGeneration } from './kms/authentication.js';
export type { FaultPlan, KmsFault, KmsFaultKind } from './kms/fault-plan.js';
export type { KeyAlias, KeyState, KeyStore, MasterKey } from './kms/key-store.js';
export { defaultKmsAccount, type KmsAccount, type KmsAccounts } from './kms/kms-account.js';
export { type KmsOptions, type LocalKms, startKms } from './kms/kms-server.js';
export type { KmsRequest, KmsRequestLog } from './kms/request-log.js';
