import { isOssEnvelopeError } from '@oss-envelope/core';
import { isPassing } from '@oss-envelope/core/adapter';

// What an error about one object means for a job: the object's own failure, or the end of the job for now.

/** What to do about an object that is not done. Stable words. */
export type NextStep =
  | 'allow'
  | 'copy-content'
  | 'delete'
  | 'give-key'
  | 'look'
  | 'reencrypt'
  | 'repair-envelope'
  | 'restore'
  | 'retry'
  | 'shorten-metadata'
  | 'wait-for-retention';

const nextByCode: Readonly<Record<string, NextStep>> = {
  ERR_APPENDABLE: 'copy-content',
  ERR_ARCHIVED: 'restore',
  ERR_ALGORITHM_NOT_SUPPORTED: 'look',
  ERR_ENVELOPE_MALFORMED: 'repair-envelope',
  ERR_KEY_UNWRAP_FAILED: 'give-key',
  ERR_NO_MATCHING_KEY: 'give-key',
  ERR_OBJECT_CHANGED: 'retry',
  ERR_OUT_OF_RANGE: 'shorten-metadata',
  ERR_REENCRYPTION_NEEDED: 'reencrypt',
  ERR_SET_APART: 'look',
  ERR_STAGED_LEFT: 'delete',
  ERR_TRANSPORT: 'retry',
};

const nextByServiceCode: Readonly<Record<string, NextStep>> = {
  AccessDenied: 'allow',
  FileAlreadyExists: 'allow',
  FileImmutable: 'wait-for-retention',
  InvalidObjectState: 'restore',
};

/** What to do about an error of one object. */
export function nextStepOf(error: unknown): NextStep {
  if (isPassing(error)) return 'retry';
  if (isOssEnvelopeError(error, 'ERR_SERVICE')) {
    return nextByServiceCode[error.serviceCode ?? ''] ?? (error.status === 403 ? 'allow' : 'look');
  }
  return nextStepOfCode(failureCodeOf(error));
}

/** The same of a code. */
export function nextStepOfCode(code: string): NextStep {
  return nextByCode[code] ?? 'look';
}

/** A stable code for an error of one object: that of the error; for a service's refusal, the service's own behind it. */
export function failureCodeOf(error: unknown): string {
  if (isOssEnvelopeError(error, 'ERR_SERVICE') && /^[\w.]{1,64}$/.test(error.serviceCode ?? '')) {
    return `ERR_SERVICE:${error.serviceCode}`;
  }
  return isOssEnvelopeError(error) ? error.code : 'ERR_OTHER';
}

/** Refusals of who asks, not of what is asked for: every object would fail in the same way. */
const refusedCallers: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'InvalidAccessKeyId.NotFound',
  'InvalidSecurityToken',
  'InvalidSecurityToken.Expired',
  'NoSuchBucket',
  'RequestTimeTooSkewed',
  'SecurityTokenExpired',
  'SignatureDoesNotMatch',
  'UserDisable',
]);

/** Whether an error is about this process or the bucket, so that going on would only make failures of everything. */
export function isEndOfWork(error: unknown): boolean {
  if (isOssEnvelopeError(error, 'ERR_SERVICE')) return refusedCallers.has(error.serviceCode ?? '');
  if (isOssEnvelopeError(error)) {
    return (
      error.code === 'ERR_MASTER_KEY' ||
      error.code === 'ERR_CAPABILITY_MISSING' ||
      error.code === 'ERR_CHECKPOINT'
    );
  }
  // A fault of this program, or of the disk: not of an object.
  return true;
}
