import { isOssEnvelopeError } from '@oss-envelope/core';
import { UsageError } from './usage-error.js';

/** What the program's exit status says. */
export const exitCode = {
  done: 0,
  other: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  tryAgain: 5,
  noFittingKey: 6,
  integrity: 7,
  notEncrypted: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Of many objects, the first of these that any of them had is the status of all. */
const worstFirst: readonly ExitCode[] = [
  exitCode.interrupted,
  exitCode.integrity,
  exitCode.noFittingKey,
  exitCode.notEncrypted,
  exitCode.refused,
  exitCode.notFound,
  exitCode.other,
  exitCode.usage,
  exitCode.tryAgain,
  exitCode.done,
];

/** The worse of two. */
export function worse(a: ExitCode, b: ExitCode): ExitCode {
  return worstFirst.indexOf(a) <= worstFirst.indexOf(b) ? a : b;
}

/** The status that an error ends the program with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCode.usage;
  if (isOssEnvelopeError(error)) {
    if (isOssEnvelopeError(error, 'ERR_SERVICE')) return codeOfService(error);
    if (isOssEnvelopeError(error, 'ERR_TRANSPORT'))
      return error.retryable ? exitCode.tryAgain : exitCode.other;
    return byCode[error.code] ?? exitCode.other;
  }
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === 'ENOENT') return exitCode.notFound;
  if (code === 'EACCES' || code === 'EPERM') return exitCode.refused;
  return exitCode.other;
}

const byCode: Readonly<Record<string, ExitCode>> = {
  ERR_INVALID_ARGUMENT: exitCode.usage,
  ERR_OUT_OF_RANGE: exitCode.usage,
  ERR_RANGE_NOT_SATISFIABLE: exitCode.usage,
  ERR_NO_MATCHING_KEY: exitCode.noFittingKey,
  ERR_KEY_UNWRAP_FAILED: exitCode.noFittingKey,
  ERR_MASTER_KEY: exitCode.noFittingKey,
  ERR_INTEGRITY: exitCode.integrity,
  ERR_ENVELOPE_MALFORMED: exitCode.integrity,
  ERR_OBJECT_MISMATCH: exitCode.integrity,
  ERR_FORMAT_NOT_ALLOWED: exitCode.integrity,
  ERR_ALGORITHM_NOT_SUPPORTED: exitCode.integrity,
  ERR_ENVELOPE_MISSING: exitCode.notEncrypted,
};

/** The status of a failure that only its code is known of, such as `ERR_SERVICE:AccessDenied`. */
export function exitCodeOfFailure(code: string): ExitCode {
  if (code === 'ERR_SERVICE:AccessDenied') return exitCode.refused;
  if (code === 'ERR_TRANSPORT') return exitCode.tryAgain;
  return byCode[code] ?? exitCode.other;
}

function codeOfService(error: {
  readonly service: string;
  readonly status: number | undefined;
  readonly retryable: boolean;
}): ExitCode {
  if (error.status === 404) return error.service === 'KMS' ? exitCode.noFittingKey : exitCode.notFound;
  if (error.status === 401 || error.status === 403) return exitCode.refused;
  return error.retryable ? exitCode.tryAgain : exitCode.other;
}
