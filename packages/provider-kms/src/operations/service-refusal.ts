import { ServiceError, TransportError } from '@oss-envelope/core';
import type { KmsAction } from './kms-operations.js';

/** What is known of a refusal, before anything of it was checked. */
export interface Refusal {
  readonly status: unknown;
  readonly code: unknown;
  readonly requestId: unknown;
}

interface AdviceRow {
  readonly codes: RegExp;
  readonly advice: string;
}

/** What to do about KMS's and the gateway's codes (KMS documentation, "Common error codes"). The first match counts. */
const adviceRows: readonly AdviceRow[] = [
  {
    codes: /^Forbidden\.(?:Key|Alias)NotFound$/,
    advice: 'Check the key id or alias, and that region or endpoint are those of the key.',
  },
  { codes: /^Rejected\.Disabled$/, advice: 'The key is disabled: enable it in KMS.' },
  {
    // The documentation spells it both ways.
    codes: /^Rej(?:ec|e)t(?:ed|ced)\.PendingDeletion$/,
    advice: 'The key is about to be deleted: cancel its deletion in KMS while that is possible.',
  },
  { codes: /^Rejected\.PendingImport$/, advice: 'The key has no material yet: import it in KMS.' },
  {
    codes: /^(?:Forbidden\.(?:NoPermission|RAM|AccessKey)|NoPermission)$/,
    advice:
      'The credentials may not do this with the key: writing needs kms:GenerateDataKey and kms:Encrypt, reading needs kms:Decrypt.',
  },
  {
    codes: /^Forbidden\.(?:KmsServiceNotEnabled|InDebt|InDebtOverdue)$/,
    advice: "The account's KMS is not in service: look at it in the console.",
  },
  {
    codes: /^(?:Throttling(?:\..+)?|Rejected\.Throttling)$/,
    advice: 'KMS is asked too often: spread the requests, or use the cache of data keys for reading.',
  },
  {
    codes: /^(?:InvalidAccessKeyId(?:\..+)?|SignatureDoesNotMatch|IncompleteSignature|MissingAccessKeyId)$/,
    advice: 'Check the access key id and its secret.',
  },
  {
    codes: /^(?:InvalidSecurityToken(?:\..+)?|MissingSecurityToken)$/,
    advice: 'Get fresh temporary credentials, and pass id, secret and security token of the same issue.',
  },
  {
    codes: /^(?:InvalidTimeStamp(?:\..+)?|RequestTimeTooSkewed|IllegalTimestamp)$/,
    advice: "This machine's clock is wrong: set it.",
  },
];

const retryableCodes =
  /^(?:Throttling(?:\..+)?|Rejected\.Throttling|Ser\w+UnavailableTemporary|InternalFailure)$/;

/** Codes by which Decrypt refuses the blob or the context that it was given. */
const blobRefusals = /^(?:InvalidParameter(?:\..+)?|InvalidCiphertext(?:\w*))$/;

/** Codes by which Decrypt says that a blob is not one of its own: it does not parse, or names a key that is not there. */
const foreignBlobs = /^(?:InvalidParameter(?:\..+)?|InvalidCiphertext(?:\w*)|Forbidden\.KeyNotFound)$/;

/** Whether Decrypt refused to open the blob with this context, which is all that may be told of an object. */
export function refusesBlob(error: unknown): boolean {
  return error instanceof ServiceError && blobRefusals.test(error.serviceCode ?? '');
}

/** Whether Decrypt said that the blob is not one of its own, so that another reading of the header may be right. */
export function callsBlobForeign(error: unknown): boolean {
  return error instanceof ServiceError && foreignBlobs.test(error.serviceCode ?? '');
}

/**
 * The error of a refusal. Of the service's words only code and request id are kept, and only where they look like one:
 * its message may repeat the request with all its parameters.
 */
export function refusalError(action: KmsAction, refusal: Refusal): ServiceError {
  const status = httpStatus(refusal.status);
  const serviceCode = token(refusal.code, /^[A-Za-z][\w.-]{0,99}$/);
  const requestId = requestIdOf(refusal.requestId);
  const advice =
    adviceRows.find((row) => row.codes.test(serviceCode ?? ''))?.advice ??
    (status !== undefined && status >= 500
      ? 'Try again later.'
      : 'See the error codes in the KMS documentation.');
  const facts = [
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
  ];
  return new ServiceError(
    `KMS refused ${action}: ${serviceCode ?? 'no code'}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}. ${advice}`,
    {
      service: 'KMS',
      status,
      serviceCode,
      requestId,
      retryable:
        retryableCodes.test(serviceCode ?? '') || (status !== undefined && (status === 429 || status >= 500)),
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
