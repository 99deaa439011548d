/** What transports and providers share. Everyone who writes one may use it. */
export { decodeBase64, encodeBase64 } from '../encoding/base64.js';
export { decodeBase64Url, encodeBase64Url } from '../encoding/base64url.js';
export { copyBytes, equalBytes, isBytes } from '../encoding/bytes.js';
export { decodeHex, encodeHex } from '../encoding/hex.js';
export { percentEncode, percentEncodePath } from '../encoding/percent-encoding.js';
export { compareUtf8 } from '../encoding/utf8-order.js';
export { onAbort } from '../stream/abort-listener.js';
export { isPromise } from '../stream/is-promise.js';
export { releaseMemory } from '../stream/release-memory.js';
export type { BaseOptions } from './base-operations.js';
export {
  type CheckedCredentials,
  type Credentials,
  type CredentialsInput,
  type CredentialsParts,
  type CredentialsProvider,
  type CredentialsSource,
  credentialsSource,
  givesParts,
} from './credentials.js';
export { deriveSecret } from './derived-secret.js';
export { answerOfFetch, type FetchBody, fetchBody, unsharedBytes } from './fetch-exchange.js';
export { fetchFailure } from './fetch-failure.js';
export { lazyModule, loaded } from './lazy-module.js';
export { closedEarlyError, redirectError, silenceError } from './network-failure.js';
export { assertObjectKey } from './object-key.js';
export { createObjectTransport, type OperationOptions } from './object-operations.js';
export {
  assertOptions,
  functionOption,
  oneOf,
  text,
  textRecord,
  trueOrFalse,
  wholeNumber,
} from './option-checks.js';
export {
  maxKeyBytes,
  maxKeysPerDeletion,
  maxKeysPerPage,
  maxPartBytes,
  maxParts,
  maxPartsPerPage,
  maxPresignSeconds,
  maxRequestBytes,
  metadataLimitBytes,
  minPartBytes,
} from './oss-limits.js';
export type {
  CompleteObjectTransport,
  Method,
  OssAnswer,
  OssRequest,
  Query,
  SendRequest,
} from './oss-request.js';
export { isPublicOverHttp } from './plain-http.js';
export type { RequestToPresign } from './presigning-checks.js';
export { compareNames, formatQuery } from './query.js';
export { type Refusal, type RefusedAnswer, refusalOf } from './refusal.js';
export {
  checkedHeaders,
  decodeHeaderValue,
  headersForRequest,
  type StoringRequest,
} from './request-headers.js';
export {
  isPassing,
  isPassingAnswer,
  parseRetryAfter,
  planPause,
  type Repeatability,
  type RepeatOptions,
  type RetryOptions,
  repeatabilityOf,
  retryPolicy,
  sleep,
  type TransportOperation,
  withRetries,
} from './retry.js';
export { createSealedProvider, type KeyService } from './sealed-provider.js';
export { ServerClock } from './server-clock.js';
export { signingRemedy } from './signing-remedy.js';
export { isSubResource } from './sub-resources.js';
export { isPassingSystemCode, networkError } from './system-failure.js';
export { explainedFetchFailure } from './told-failure.js';
export { unlessAborted } from './unless-aborted.js';
export { createUploadingTransport } from './upload-operations.js';
export { assertWebCrypto } from './web-crypto.js';
