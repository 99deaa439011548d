import { isOssEnvelopeError } from '@oss-envelope/core';
import { UsageError } from './usage-error.js';

/** An error in JSON: `code` is stable. */
export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
}

/** What JSON says of an error. */
export function errorRecord(error: unknown): ErrorRecord {
  const message = error instanceof Error ? error.message : String(error);
  if (isOssEnvelopeError(error)) return { code: error.code, message };
  if (error instanceof UsageError) return { code: 'ERR_USAGE', message };
  const code = (error as { readonly code?: unknown } | null)?.code;
  return { code: typeof code === 'string' ? code : 'ERR_OTHER', message };
}

/** What JSON says of a command line that cannot be read, or of anything else that was not done. */
export function failureRecord(error: ErrorRecord): object {
  return { status: 'failed', error };
}
