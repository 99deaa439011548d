export { decodeBase64, encodeBase64 } from '../encoding/base64.js';
export { assertObjectKey } from './object-key.js';
export {
  maxKeyBytes,
  maxKeysPerPage,
  maxPartBytes,
  maxParts,
  maxPartsPerPage,
  maxPresignSeconds,
  maxRequestBytes,
  metadataLimitBytes,
  minPartBytes,
} from './oss-limits.js';
export {
  adviceAgainstHeader,
  checkedHeaders,
  decodeHeaderValue,
  headersForRequest,
  type StoringRequest,
} from './request-headers.js';
export {
  isPassing,
  isPassingAnswer,
  isPassingSystemCode,
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
