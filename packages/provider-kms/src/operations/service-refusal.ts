import { isOssEnvelopeError, ServiceError, TransportError } from '@oss-envelope/core';
import { isPassingAnswer } from '@oss-envelope/core/adapter';
import type { KmsAction } from './kms-operations.js';

/** What is known of a refusal, before anything of it was checked. */
export interface Refusal {
  readonly status: unknown;
  readonly code: unknown;
  readonly requestId: unknown;
  readonly retryAfterMs?: number | undefined;
}

const aliasAdvice = 'Check the key id or alias, and that region or endpoint are those of the key';
const deletionAdvice = 'The key is about to be deleted: cancel its deletion in KMS while that is possible';
const permissionAdvice =
  'The credentials may not do this with the key: writing needs kms:GenerateDataKey and kms:Encrypt, reading needs kms:Decrypt';
const accountAdvice = "The account's KMS is not in service: look at it in the console";
const throttlingAdvice =
  'KMS is asked too often: spread the requests, or use the cache of data keys for reading';
const accessKeyAdvice = 'Check the access key id and its secret';
const tokenAdvice =
  'Get fresh temporary credentials, and pass the id, the secret and the security token that came together';
const clockAdvice = "This machine's clock is wrong: set it";

/**
 * What to do, by the code of KMS or of the gateway before it (KMS documentation, "Common error codes"). A code that is
 * not here is looked up by its part before the first dot.
 */
const adviceByCode: ReadonlyMap<string, string> = new Map([
  ['Forbidden.AccessKey', permissionAdvice],
  ['Forbidden.AliasNotFound', aliasAdvice],
  ['Forbidden.InDebt', accountAdvice],
  ['Forbidden.InDebtOverdue', accountAdvice],
  ['Forbidden.KeyNotFound', aliasAdvice],
  ['Forbidden.KmsServiceNotEnabled', accountAdvice],
  ['Forbidden.NoPermission', permissionAdvice],
  ['Forbidden.RAM', permissionAdvice],
  ['IllegalTimestamp', clockAdvice],
  ['IncompleteSignature', accessKeyAdvice],
  ['InvalidAccessKeyId', accessKeyAdvice],
  ['InvalidSecurityToken', tokenAdvice],
  ['InvalidTimeStamp', clockAdvice],
  ['MissingAccessKeyId', accessKeyAdvice],
  ['MissingSecurityToken', tokenAdvice],
  ['NoPermission', permissionAdvice],
  ['Rejected.Disabled', 'The key is disabled: enable it in KMS'],
  ['Rejected.PendingDeletion', deletionAdvice],
  ['Rejected.PendingImport', 'The key has no material yet: import it in KMS'],
  ['Rejected.Throttling', throttlingAdvice],
  // The documentation spells it both ways.
  ['Rejetced.PendingDeletion', deletionAdvice],
  ['RequestTimeTooSkewed', clockAdvice],
  ['SignatureDoesNotMatch', accessKeyAdvice],
  ['Throttling', throttlingAdvice],
]);

function adviceFor(code: string | undefined, status: number | undefined): string {
  const advice = code && (adviceByCode.get(code) ?? adviceByCode.get(code.split('.')[0]!));
  if (advice) return advice;
  return status !== undefined && status >= 500
    ? 'Try again later'
    : 'See the error codes in the KMS documentation';
}

/** Codes that fresh credentials may solve: these have expired, are disabled, or do not belong together. */
const credentialRefusals = /^(?:InvalidAccessKeyId|InvalidSecurityToken|MissingSecurityToken)(?:\..+)?$/;

/** Codes by which Decrypt refuses the blob or the context that it was given. */
const blobRefusals = /^(?:InvalidParameter(?:\..+)?|InvalidCiphertext(?:\w*))$/;

/** Codes by which Decrypt says that a blob is not one of its own: it does not parse, or names a key that is not there. */
const foreignBlobs = /^(?:InvalidParameter(?:\..+)?|InvalidCiphertext(?:\w*)|Forbidden\.KeyNotFound)$/;

/** Whether Decrypt refused to open the blob with this context, which is all that may be told of an object. */
export function refusesBlob(error: unknown): boolean {
  return isOssEnvelopeError(error, 'ERR_SERVICE') && blobRefusals.test(error.serviceCode ?? '');
}

/** Whether Decrypt said that the blob is not one of its own, so that another reading of the header may be right. */
export function callsBlobForeign(error: unknown): boolean {
  return isOssEnvelopeError(error, 'ERR_SERVICE') && foreignBlobs.test(error.serviceCode ?? '');
}

/** Whether KMS refused the credentials, so that others may do. */
export function refusesCredentials(error: unknown): boolean {
  return isOssEnvelopeError(error, 'ERR_SERVICE') && credentialRefusals.test(error.serviceCode ?? '');
}

/**
 * The error of a refusal. Of the service's words only code and request id are kept, and only where they look like one:
 * its message may repeat the request with all its parameters.
 */
export function refusalError(action: KmsAction, refusal: Refusal): ServiceError {
  const status = httpStatus(refusal.status);
  const serviceCode = token(refusal.code, /^[A-Za-z][\w.-]{0,99}$/);
  const requestId = requestIdOf(refusal.requestId);
  const facts = [
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
  ];
  return new ServiceError(
    `KMS refused ${action}: ${serviceCode ?? 'no code'}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}. ${adviceFor(serviceCode, status)}.`,
    {
      service: 'KMS',
      status,
      serviceCode,
      requestId,
      retryable: isPassingAnswer(status, serviceCode),
      retryAfterMs: refusal.retryAfterMs,
    },
  );
}

/** The error of an answer that is not JSON, such as a page of a gateway; a later one may be. */
export function garbledAnswerError(action: KmsAction): TransportError {
  return new TransportError(
    `The answer to ${action} is not one of KMS: it is not JSON. Check the endpoint, and what stands between here and there.`,
    { retryable: true },
  );
}

/** The error of an answer whose member is missing or not what the operation gives. */
export function answerMemberError(
  action: KmsAction,
  member: string,
  complaint: string,
  requestId: unknown,
): TransportError {
  const id = requestIdOf(requestId);
  return new TransportError(
    `The answer to ${action} is not one of KMS: its ${member} ${complaint}${id === undefined ? '' : ` (request id ${id})`}. ` +
      'Check the endpoint, and what stands between here and there.',
    { retryable: false },
  );
}

function requestIdOf(value: unknown): string | undefined {
  return token(value, /^[A-Za-z0-9-]{1,64}$/);
}

function token(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function httpStatus(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 100 && number <= 599
    ? number
    : undefined;
}
