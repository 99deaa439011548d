import { isOssEnvelopeError, type OssEnvelopeError, type ServiceError } from '@oss-envelope/core';
import { KeyProblem } from './keys/key-problem.js';
import { ServerError } from './server-calls.js';
import type { PlainTextName } from './texts/texts.js';

/** What the page has to say about an error, for people. Every text says what to do. */
type ProblemName = Extract<PlainTextName, `problem.${string}`>;

/** What a user wanted. The same error means another thing in another place. */
export type Task = 'key' | 'upload' | 'list' | 'open';

/** A refusal of the page itself, before anything is sent. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  readonly problem: ProblemName;

  constructor(problem: ProblemName) {
    super(problem);
    this.problem = problem;
  }
}

/** The text for an error. */
export function problemOf(error: unknown, task: Task): ProblemName {
  if (error instanceof Refusal) return error.problem;
  if (error instanceof KeyProblem) return `problem.${error.reason}`;
  if (error instanceof ServerError) return serverProblem(error);
  if (isOssEnvelopeError(error)) return libraryProblem(error, task);
  // A file that changed on the disk while it was read.
  if (error instanceof DOMException && ['NotFoundError', 'NotReadableError'].includes(error.name)) {
    return 'problem.fileGone';
  }
  return 'problem.unknown';
}

function serverProblem({ status }: ServerError): ProblemName {
  if (status === undefined) return 'problem.serverOffline';
  return status >= 500 ? 'problem.busy' : 'problem.notSigned';
}

function libraryProblem(error: OssEnvelopeError, task: Task): ProblemName {
  switch (error.code) {
    case 'ERR_KEY_UNWRAP_FAILED':
      return 'problem.wrongKey';
    case 'ERR_NO_MATCHING_KEY':
      return 'problem.otherKind';
    case 'ERR_INTEGRITY':
      return task === 'upload' ? 'problem.damagedOnTheWay' : 'problem.changed';
    case 'ERR_OBJECT_MISMATCH':
      return 'problem.swapped';
    case 'ERR_FORMAT_NOT_ALLOWED':
      return 'problem.unprotected';
    case 'ERR_ENVELOPE_MISSING':
      return 'problem.plain';
    case 'ERR_ENVELOPE_MALFORMED':
      return 'problem.envelope';
    case 'ERR_MASTER_KEY':
      // Keys of files were tried when they were loaded. Only a passkey says no later.
      return 'problem.passkeyRefused';
    case 'ERR_ALGORITHM_NOT_SUPPORTED':
      return task === 'open' ? 'problem.envelope' : 'problem.noPasskeys';
    case 'ERR_INVALID_ARGUMENT':
    case 'ERR_OUT_OF_RANGE':
      return task === 'upload' ? 'problem.name' : 'problem.unknown';
    case 'ERR_TRANSPORT':
      return 'problem.offline';
    case 'ERR_SERVICE':
      return serviceProblem(error as ServiceError, task);
    default:
      return 'problem.unknown';
  }
}

function serviceProblem({ status = 0, serviceCode, retryable }: ServiceError, task: Task): ProblemName {
  if (serviceCode === 'FileAlreadyExists') return 'problem.nameTaken';
  if (status === 404 && task === 'open') return 'problem.missing';
  return retryable || status >= 500 ? 'problem.busy' : 'problem.refused';
}
