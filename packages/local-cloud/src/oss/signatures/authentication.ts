import { timingSafeEqual } from 'node:crypto';
import { OssError } from '../http/oss-error.js';
import type { RequestTarget } from '../http/request-target.js';
import { formatInstant } from '../http/xml.js';
import type { AccountBook, OssAccount } from './account.js';
import * as v1 from './sign-v1.js';
import * as v4 from './sign-v4.js';

/** What authentication needs of a request. */
export interface SignedRequest {
  readonly method: string;
  readonly target: RequestTarget;
  readonly headers: Readonly<Record<string, string>>;
}

/** What authentication needs of a server. */
export interface AuthenticationOptions {
  readonly accounts: AccountBook;
  /** Region of the server, without the `oss-` prefix. */
  readonly region: string;
  /** The server's clock. */
  readonly now: Date;
  /** How far a header signature's time may be from the server's. */
  readonly maxClockSkewMs: number;
}

/** Who sent a request. */
export type Identity =
  | { kind: 'anonymous' }
  | {
      kind: 'account';
      account: OssAccount;
      /** What `x-oss-content-sha256` says the body's hash is; `undefined` when the body is not signed. */
      payloadSha256: string | undefined;
    };

const MAX_EXPIRES_SECONDS = 604_800;

/**
 * Verifies the signature of a request: V1 or V4, in the Authorization header or in the query.
 * @throws {OssError} With the code that OSS answers: `SignatureDoesNotMatch`, `InvalidAccessKeyId`,
 * `RequestTimeTooSkewed`, `SecurityTokenExpired`, `InvalidSecurityToken`, `AccessDenied` (expired URL) or
 * `InvalidArgument` (a malformed signature).
 */
export function authenticate(request: SignedRequest, options: AuthenticationOptions): Identity {
  const header = request.headers.authorization;
  const { query } = request.target;
  const isV4Query = query.has('x-oss-signature-version') || query.has('x-oss-signature');
  const isV1Query = query.has('OSSAccessKeyId') || (query.has('Signature') && query.has('Expires'));
  if (header !== undefined && (isV4Query || isV1Query)) {
    throw new OssError('InvalidArgument', {
      message: 'A signature may stand in the Authorization header or in the query, not in both.',
    });
  }
  if (header?.startsWith(v4.ALGORITHM)) return authenticateV4Header(request, header, options);
  if (header?.startsWith('OSS ')) return authenticateV1Header(request, header, options);
  if (header !== undefined) {
    throw new OssError('InvalidArgument', { message: 'The Authorization header is not supported.' });
  }
  if (isV4Query) return authenticateV4Query(request, options);
  if (isV1Query) return authenticateV1Query(request, options);
  return { kind: 'anonymous' };
}

function findAccount(
  accessKeyId: string,
  token: string | undefined,
  options: AuthenticationOptions,
): OssAccount {
  const account = options.accounts.find(accessKeyId);
  // A temporary key without its token is unknown, as is a permanent one that comes with a token.
  if (!account || (account.securityToken === undefined) !== (token === undefined)) {
    throw new OssError('InvalidAccessKeyId', { details: { OSSAccessKeyId: accessKeyId } });
  }
  if (token !== account.securityToken) throw new OssError('InvalidSecurityToken');
  if (account.expiresAt && account.expiresAt.getTime() <= options.now.getTime()) {
    throw new OssError(account.securityToken === undefined ? 'InvalidAccessKeyId' : 'SecurityTokenExpired');
  }
  return account;
}

function equalText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function hexBytes(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .toUpperCase()
    .replace(/..(?=.)/g, '$& ');
}

function assertClock(requestTime: number, options: AuthenticationOptions): void {
  const serverTime = options.now.getTime();
  if (Math.abs(serverTime - requestTime) > options.maxClockSkewMs) {
    throw new OssError('RequestTimeTooSkewed', {
      details: {
        MaxAllowedSkewMilliseconds: options.maxClockSkewMs,
        RequestTime: formatInstant(new Date(requestTime)),
        ServerTime: formatInstant(options.now),
      },
    });
  }
}

function assertNotExpired(expiresAt: number, options: AuthenticationOptions): void {
  if (options.now.getTime() > expiresAt) {
    throw new OssError('RequestHasExpired', {
      details: {
        Expires: formatInstant(new Date(expiresAt)),
        ServerTime: formatInstant(options.now),
      },
    });
  }
}

function verifyV1(request: SignedRequest, account: OssAccount, date: string, provided: string): void {
  const { bucket, key, query } = request.target;
  const text = v1.stringToSign({
    method: request.method,
    bucket,
    key,
    query,
    headers: request.headers,
    date,
  });
  if (equalText(v1.signature(account.accessKeySecret, text), provided)) return;
  throw new OssError('SignatureDoesNotMatch', {
    details: {
      OSSAccessKeyId: account.accessKeyId,
      SignatureProvided: provided,
      StringToSign: text,
      StringToSignBytes: hexBytes(text),
    },
  });
}

function authenticateV1Header(
  request: SignedRequest,
  header: string,
  options: AuthenticationOptions,
): Identity {
  const match = /^OSS ([^:]+):(.+)$/.exec(header);
  if (!match) throw new OssError('InvalidArgument', { message: 'The Authorization header is malformed.' });
  const [, accessKeyId, provided] = match as unknown as [string, string, string];
  const account = findAccount(accessKeyId, request.headers['x-oss-security-token'], options);
  const date = request.headers['x-oss-date'] ?? request.headers.date;
  const time = date === undefined ? Number.NaN : Date.parse(date);
  if (date === undefined || Number.isNaN(time)) throw new OssError('MissingDate');
  assertClock(time, options);
  verifyV1(request, account, date, provided);
  return { kind: 'account', account, payloadSha256: undefined };
}

function authenticateV1Query(request: SignedRequest, options: AuthenticationOptions): Identity {
  const { query } = request.target;
  const accessKeyId = query.get('OSSAccessKeyId');
  const expires = query.get('Expires');
  const provided = query.get('Signature');
  if (!accessKeyId || !expires || !provided) {
    throw new OssError('AccessDenied', {
      ec: '0002-00000067',
      message: 'A signed URL requires OSSAccessKeyId, Expires and Signature.',
    });
  }
  if (!/^\d+$/.test(expires)) {
    throw new OssError('AccessDenied', {
      ec: '0002-00000070',
      message: 'Invalid date (should be seconds since epoch).',
    });
  }
  const account = findAccount(accessKeyId, query.get('security-token'), options);
  assertNotExpired(Number(expires) * 1000, options);
  verifyV1(request, account, expires, provided);
  return { kind: 'account', account, payloadSha256: undefined };
}

interface CredentialV4 {
  accessKeyId: string;
  scope: v4.SignV4Scope;
}

function parseCredential(text: string, where: string, options: AuthenticationOptions): CredentialV4 {
  const parts = text.split('/');
  const [accessKeyId, day, region, product, terminator] = parts;
  const refuse = (what: string, ec: string): never => {
    throw new OssError('InvalidArgument', { ec, message: `Invalid ${what} in ${where}.` });
  };
  if (parts.length !== 5 || !accessKeyId || terminator !== v4.TERMINATOR)
    refuse('Credential', '0002-00000213');
  if (!/^\d{8}$/.test(day!)) refuse('signing date', '0002-00000212');
  if (region !== options.region) refuse('signing region', '0002-00000226');
  if (product !== 'oss' && product !== 'oss-cloudbox') refuse('signing product', '0002-00000227');
  return { accessKeyId: accessKeyId!, scope: { day: day!, region: region!, product: product! } };
}

function parseTimestamp(text: string | undefined, scope: v4.SignV4Scope): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (!match) throw new OssError('MissingDate');
  const [, year, month, day, hour, minute, second] = match;
  return assertScopeDay(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`), scope);
}

/** The Date header's form (RFC 9110 §5.6.7), which counts when there is no x-oss-date: aliyun-oss-go-sdk signs it. */
function parseHttpDate(text: string | undefined, scope: v4.SignV4Scope): number {
  const time = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(text ?? '')
    ? Date.parse(text!)
    : Number.NaN;
  if (Number.isNaN(time)) throw new OssError('MissingDate');
  return assertScopeDay(time, scope);
}

function assertScopeDay(time: number, scope: v4.SignV4Scope): number {
  if (Number.isNaN(time)) throw new OssError('MissingDate');
  if (new Date(time).toISOString().slice(0, 10).replaceAll('-', '') === scope.day) return time;
  throw new OssError('InvalidArgument', {
    ec: '0002-00000212',
    message: 'The date in Credential is not that of x-oss-date.',
  });
}

interface VerifyV4 {
  request: SignedRequest;
  account: OssAccount;
  scope: v4.SignV4Scope;
  timestamp: string;
  additionalHeaders: readonly string[];
  payloadHash: string;
  provided: string;
}

function verifyV4(input: VerifyV4): void {
  const { bucket, key, query } = input.request.target;
  const canonical = v4.canonicalRequest({
    method: input.request.method,
    bucket,
    key,
    query,
    headers: input.request.headers,
    additionalHeaders: input.additionalHeaders,
    payloadHash: input.payloadHash,
  });
  const text = v4.stringToSign(input.timestamp, input.scope, canonical);
  const expected = v4.signature(v4.signingKey(input.account.accessKeySecret, input.scope), text);
  if (equalText(expected, input.provided)) return;
  throw new OssError('SignatureDoesNotMatch', {
    details: {
      OSSAccessKeyId: input.account.accessKeyId,
      SignatureProvided: input.provided,
      StringToSign: text,
      StringToSignBytes: hexBytes(text),
      CanonicalRequest: canonical,
      CanonicalRequestBytes: hexBytes(canonical),
    },
  });
}

function authenticateV4Header(
  request: SignedRequest,
  header: string,
  options: AuthenticationOptions,
): Identity {
  const fields = new Map<string, string>();
  for (const field of header.slice(v4.ALGORITHM.length).split(',')) {
    const equals = field.indexOf('=');
    if (equals > 0) fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  const credential = fields.get('Credential');
  const provided = fields.get('Signature');
  if (!credential || !provided) {
    throw new OssError('InvalidArgument', { message: 'The Authorization header is malformed.' });
  }
  const { accessKeyId, scope } = parseCredential(credential, 'Authorization header', options);
  const account = findAccount(accessKeyId, request.headers['x-oss-security-token'], options);

  const { date, 'x-oss-date': ossDate } = request.headers;
  const timestamp = ossDate ?? date;
  assertClock(ossDate === undefined ? parseHttpDate(date, scope) : parseTimestamp(ossDate, scope), options);

  const payloadHash = request.headers['x-oss-content-sha256'];
  if (payloadHash !== v4.UNSIGNED_PAYLOAD && !/^[0-9a-f]{64}$/.test(payloadHash ?? '')) {
    throw new OssError('InvalidArgument', {
      message: 'The header x-oss-content-sha256 must be UNSIGNED-PAYLOAD or a SHA-256 in hexadecimal.',
    });
  }
  const additionalHeaders = (fields.get('AdditionalHeaders') ?? '').split(';');
  verifyV4({
    request,
    account,
    scope,
    timestamp: timestamp!,
    additionalHeaders,
    payloadHash: payloadHash!,
    provided,
  });
  return {
    kind: 'account',
    account,
    payloadSha256: payloadHash === v4.UNSIGNED_PAYLOAD ? undefined : payloadHash,
  };
}

function authenticateV4Query(request: SignedRequest, options: AuthenticationOptions): Identity {
  const { query } = request.target;
  const provided = query.get('x-oss-signature');
  const credential = query.get('x-oss-credential');
  const expires = query.get('x-oss-expires');
  if (query.get('x-oss-signature-version') !== v4.ALGORITHM || !provided || !credential || !expires) {
    throw new OssError('InvalidArgument', { message: 'The signature in the query is incomplete.' });
  }
  const { accessKeyId, scope } = parseCredential(credential, 'query parameter x-oss-credential', options);
  const account = findAccount(accessKeyId, query.get('x-oss-security-token'), options);

  const timestamp = query.get('x-oss-date');
  const signedAt = parseTimestamp(timestamp, scope);
  const expiresSeconds = /^\d{1,9}$/.test(expires) ? Number(expires) : 0;
  if (expiresSeconds < 1 || expiresSeconds > MAX_EXPIRES_SECONDS) {
    throw new OssError('InvalidArgument', {
      ec: '0002-00000232',
      message: 'x-oss-expires must be from 1 to 604800 seconds.',
    });
  }
  if (signedAt - options.now.getTime() > options.maxClockSkewMs) assertClock(signedAt, options);
  assertNotExpired(signedAt + expiresSeconds * 1000, options);

  const additionalHeaders = (query.get('x-oss-additional-headers') ?? '').split(';');
  const payloadHash = request.headers['x-oss-content-sha256'] ?? v4.UNSIGNED_PAYLOAD;
  verifyV4({ request, account, scope, timestamp: timestamp!, additionalHeaders, payloadHash, provided });
  return {
    kind: 'account',
    account,
    payloadSha256: payloadHash === v4.UNSIGNED_PAYLOAD ? undefined : payloadHash,
  };
}
