import type { Headers } from '../contract/object-transport.js';
import { decodeBase64 } from '../encoding/base64.js';
import { childText, parseXml, type XmlElement } from '../encoding/xml-element.js';
import { ServiceError } from '../errors/errors.js';
import { redirectError } from './network-failure.js';
import { isPassingAnswer, parseRetryAfter } from './retry.js';

/** An answer of OSS that is no success, read to its end. */
export interface RefusedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Headers;
  /** The body as text; empty where there is none, as in answers to HEAD. */
  readonly document: string;
}

/** What a refusal says. */
export interface Refusal {
  readonly error: ServiceError;
  /** The server's clock, in milliseconds, where it tells. */
  readonly serverTimeMs: number | undefined;
}

const credentialsAdvice = 'Check accessKeyId: the access key may be disabled, deleted or mistyped';
const quotaAdvice = 'Too many requests at once: try again later, with fewer at a time';

/** What to do, by the service's code (OSS documentation, "Error codes"). */
const adviceByCode: ReadonlyMap<string, string> = new Map([
  [
    'AccessDenied',
    "Check that the account may do this: its RAM policy, the bucket's policy and ACL, the scope of an STS token, and that bucket and endpoint belong together",
  ],
  ['BadDigest', 'The body was damaged on the way, or Content-MD5 does not match the bytes sent'],
  [
    'CallbackFailed',
    'The server of the callback did not answer as it must: check that server, and tell it of the object. Do not store the object again for this',
  ],
  ['EntityTooLarge', 'One request takes up to 5 GiB: send the object in parts'],
  ['EntityTooSmall', 'Each part but the last one must have at least 100 KiB'],
  [
    'FileAlreadyExists',
    'There is an object of this key, and the request forbids replacing it: use another key',
  ],
  ['FileImmutable', 'The retention policy of the bucket protects this object: use another key'],
  ['InternalError', 'The fault is on the side of OSS: try again later'],
  ['InvalidAccessKeyId', credentialsAdvice],
  ['InvalidBucketName', 'Check the name of the bucket'],
  [
    'InvalidDigest',
    'Content-MD5 does not match the bytes sent: they were damaged on the way, or the value is wrong',
  ],
  [
    'InvalidObjectState',
    'The object is archived: restore it in the console or by RestoreObject, wait until that is done, and read it again',
  ],
  [
    'InvalidPart',
    'A part differs from the one that was stored: list the parts, and send those that differ again',
  ],
  ['InvalidPartOrder', 'Parts must be named by ascending number'],
  ['InvalidRange', 'The range begins behind the end of the object: ask for less'],
  [
    'InvalidSecurityToken',
    'The security token does not belong to this access key: use the id, the secret and the token that came together',
  ],
  ['InvalidStorageClass', 'The bucket does not take the storage class in x-oss-storage-class'],
  ['KmsServiceNotEnabled', 'Encryption on the server needs KMS: activate it in the region of the bucket'],
  ['MetaOperationQpsLimitExceeded', quotaAdvice],
  ['NoSuchBucket', 'Check the name of the bucket, the region and the endpoint'],
  ['NoSuchKey', 'There is no such object: check the key, whose case matters'],
  ['NoSuchUpload', 'The multipart upload was finished or dropped, or never started: start again'],
  ['NoSuchVersion', 'There is no such version of the object: check the version id'],
  ['NotImplemented', 'OSS does not know a header or a parameter of this request: leave it out'],
  ['NotModified', 'The object has not changed: use the copy that you have'],
  [
    'ObjectNotAppendable',
    'The object with this key cannot be appended to: encrypted objects are stored whole',
  ],
  ['PreconditionFailed', 'The object does not meet the conditions of the request: read it again and decide'],
  ['QpsLimitExceeded', quotaAdvice],
  ['RequestTimeTooSkewed', 'The clock of this machine is wrong by more than 15 minutes: set it'],
  ['RequestTimeout', 'The body came too slowly: try again, in smaller parts'],
  ['SecurityTokenExpired', 'The STS token has expired: get a new one, or give a function that gets one'],
  [
    'SignatureDoesNotMatch',
    'Check accessKeySecret, the region (version 4 signs it), and that no proxy changes headers',
  ],
  ['TooManyBuckets', 'The account has as many buckets as it may'],
  ['UserDisable', 'The account is disabled or in arrears: look at its bills'],
]);

/** What to do, by EC, where that says more than the code. */
const adviceByEc: ReadonlyMap<string, string> = new Map([
  ['0002-00000226', 'The request was signed for another region: use the region of the bucket'],
  [
    '0005-00000421',
    'OSS does not let the metadata of an encrypted object be changed in place: read the object, and store it again',
  ],
]);

/** The server's messages that are told. None can hold anything of a request. */
const harmlessMessages: ReadonlyMap<string, RegExp> = new Map([
  [
    'AccessDenied',
    /^(?:You have no right to access this object(?: because of bucket acl)?|You do not have (?:read|write) (?:acl )?permission on this object|Access denied by (?:authorizer's policy|bucket policy|VPC endpoint policy))\.?$/,
  ],
  [
    'CallbackFailed',
    /^(?:Error status ?: ?\d{3}|Response body is not valid json format|Private address is forbidden to callback)\.?$/,
  ],
]);

/** What the status alone says. A 404 does not say whether object, version or bucket is missing. */
const codesOfStatus: ReadonlyMap<number, string> = new Map([
  [304, 'NotModified'],
  [412, 'PreconditionFailed'],
  [416, 'InvalidRange'],
]);

function adviceOfStatus(status: number, retryable: boolean): string {
  if (retryable) return 'Try again later';
  if (status === 401 || status === 403) return 'Check the credentials, and what they may do';
  if (status === 404) return 'The object, its version or the bucket does not exist: check their names';
  return 'Look the code and the EC up in the documentation of OSS, or ask its support with the request id';
}

/** A text of the server's that looks as it must, or nothing. What it says is told in messages. */
function told(text: string | undefined, pattern: RegExp): string | undefined {
  const trimmed = text?.trim();
  return trimmed !== undefined && pattern.test(trimmed) ? trimmed : undefined;
}

const codePattern = /^[A-Za-z][A-Za-z0-9.]{1,63}$/;
const requestIdPattern = /^[A-Za-z0-9-]{1,64}$/;
const ecPattern = /^\d{4}-\d{8}$/;
const endpointPattern = /^[a-z0-9.-]{1,80}\.aliyuncs\.com$/;

/** Answers to HEAD have no body: OSS sends the document in a header. */
function errorElement({ headers, document }: RefusedAnswer): XmlElement | undefined {
  const encoded = document === '' ? decodeBase64(headers['x-oss-err'] ?? '') : undefined;
  const root = parseXml(encoded === undefined ? document : new TextDecoder().decode(encoded));
  return root?.name === 'Error' ? root : undefined;
}

/** Whether a document is an error. Some answers with a status of 2xx have one. */
export function isErrorDocument(document: string): boolean {
  return document !== '' && parseXml(document)?.name === 'Error';
}

/**
 * Makes the error of an answer that is no success. It takes codes and ids of the answer, from its XML document or its
 * headers, and says what to do. The server's own words are told only where they are known, since a server may repeat
 * what it was sent.
 */
export function refusalOf(answer: RefusedAnswer): Refusal {
  const { status, headers } = answer;
  const element = errorElement(answer);
  const field = (name: string): string | undefined => element && childText(element, name);
  const serviceCode = told(field('Code'), codePattern) ?? codesOfStatus.get(status);
  const requestId =
    told(headers['x-oss-request-id'], requestIdPattern) ?? told(field('RequestId'), requestIdPattern);
  const ec = told(field('EC'), ecPattern) ?? told(headers['x-oss-ec'], ecPattern);
  // A page of another origin sees the header Date only where the bucket's CORS rule exposes it.
  const serverTimeMs = [headers.date, field('ServerTime')]
    .map((value) => Date.parse(value ?? ''))
    .find((value) => !Number.isNaN(value));
  if (status >= 300 && status < 400 && status !== 304) {
    return { error: redirectError(status, requestId), serverTimeMs };
  }
  const retryable = isPassingAnswer(status, serviceCode);
  const endpoint = told(field('Endpoint'), endpointPattern);
  const harmless = harmlessMessages.get(serviceCode ?? '');
  const words = harmless && told(field('Message'), harmless)?.replace(/\.$/, '');
  const advice =
    serviceCode === 'AccessDenied' && endpoint !== undefined
      ? `The bucket belongs to the endpoint ${endpoint}: use that one`
      : (adviceByEc.get(ec ?? '') ??
        adviceByCode.get(serviceCode ?? '') ??
        adviceOfStatus(status, retryable));
  const ids = [`HTTP ${status}`, ec && `EC ${ec}`, requestId && `request id ${requestId}`].filter(Boolean);
  const what =
    serviceCode === 'CallbackFailed'
      ? 'The object IS stored, but its callback failed'
      : 'OSS refused the request';
  const sentences = [`${what}: ${serviceCode ?? 'no code given'} (${ids.join(', ')})`, words, advice];
  const error = new ServiceError(`${sentences.filter(Boolean).join('. ')}.`, {
    service: 'OSS',
    status,
    serviceCode,
    requestId,
    ec,
    retryable,
    retryAfterMs: parseRetryAfter(headers),
  });
  return { error, serverTimeMs };
}
