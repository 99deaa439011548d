import { inspect } from 'node:util';
import { isOssEnvelopeError } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import type { SeenError } from './judgement.js';

/** What is to be seen of an error. */
export function seenError(error: unknown): SeenError {
  if (!(error instanceof Error)) {
    return { name: typeof error, code: undefined, message: String(error), isOurs: false, isTelling: false };
  }
  const { code } = error as { code?: unknown };
  const shown = `${inspect(error, { depth: 5, showHidden: true })}${JSON.stringify(error)}${error.stack}`;
  const secrets = [defaultOssAccount.accessKeySecret, 'PRIVATE KEY', 'AGE-SECRET-KEY', 'Signature='];
  return {
    name: error.name,
    code: typeof code === 'string' ? code : undefined,
    message: error.message,
    isOurs: isOssEnvelopeError(error),
    isTelling: secrets.some((secret) => shown.includes(secret)),
  };
}
