import { OssError } from '../http/oss-error.js';
import type { OssAccount } from './account.js';
import * as v4 from './sign-v4.js';
import {
  type AuthenticationOptions,
  assertClock,
  assertNotExpired,
  assertSignature,
  findAccount,
  type Identity,
  type SignedRequest,
} from './signed-request.js';

const maxExpiresSeconds = 604_800;

interface CredentialV4 {
  accessKeyId: string;
  scope: v4.SignV4Scope;
}

function parseCredential(text: string, where: string, options: AuthenticationOptions): CredentialV4 {
  const parts = text.split('/');
  const [accessKeyId, day, region, product, terminator] = parts;
  const refuse = (what: string, ec: string, message = `Invalid ${what} in ${where}.`): never => {
    throw new OssError('InvalidArgument', { ec, message });
  };
  if (parts.length !== 5 || !accessKeyId || terminator !== v4.scopeTerminator)
    refuse('Credential', '0002-00000213');
  if (!/^\d{8}$/.test(day!)) refuse('signing date', '0002-00000212');
  if (region !== options.region) {
    // OSS words it differently for a signed URL.
    const inUrl = where.startsWith('query') ? 'The signing region in credential is invalid.' : undefined;
    refuse('signing region', '0002-00000226', inUrl);
  }
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
  const absent = v4
    .normalizedAdditionalHeaders(input.additionalHeaders)
    .find((name) => input.request.headers[name] === undefined);
  if (absent !== undefined) {
    throw new OssError('InvalidArgument', {
      message: `The request lacks the header ${absent}, which its signature names as an additional header.`,
      details: { ArgumentName: absent },
    });
  }
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
  assertSignature(input.account, expected, input.provided, {
    StringToSign: text,
    CanonicalRequest: canonical,
  });
}

/** Verifies a V4 signature in the Authorization header. */
export function authenticateV4Header(
  request: SignedRequest,
  header: string,
  options: AuthenticationOptions,
): Identity {
  const fields = new Map<string, string>();
  for (const field of header.slice(v4.signatureAlgorithm.length).split(',')) {
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
  if (payloadHash !== v4.unsignedPayload && !/^[0-9a-f]{64}$/.test(payloadHash ?? '')) {
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
    payloadSha256: payloadHash === v4.unsignedPayload ? undefined : payloadHash,
  };
}

/** Verifies a V4 signature in the query: a signed URL. */
export function authenticateV4Query(request: SignedRequest, options: AuthenticationOptions): Identity {
  const { query } = request.target;
  const provided = query.get('x-oss-signature');
  const credential = query.get('x-oss-credential');
  const expires = query.get('x-oss-expires');
  if (
    query.get('x-oss-signature-version') !== v4.signatureAlgorithm ||
    !provided ||
    !credential ||
    !expires
  ) {
    throw new OssError('InvalidArgument', { message: 'The signature in the query is incomplete.' });
  }
  const { accessKeyId, scope } = parseCredential(credential, 'query parameter x-oss-credential', options);
  const account = findAccount(accessKeyId, query.get('x-oss-security-token'), options);

  const timestamp = query.get('x-oss-date');
  const signedAt = parseTimestamp(timestamp, scope);
  const expiresSeconds = /^\d{1,9}$/.test(expires) ? Number(expires) : 0;
  if (expiresSeconds < 1 || expiresSeconds > maxExpiresSeconds) {
    throw new OssError('InvalidArgument', {
      ec: '0002-00000232',
      message: 'x-oss-expires must be from 1 to 604800 seconds.',
    });
  }
  if (signedAt - options.now.getTime() > options.maxClockSkewMs) assertClock(signedAt, options);
  assertNotExpired(signedAt + expiresSeconds * 1000, options);

  const additionalHeaders = (query.get('x-oss-additional-headers') ?? '').split(';');
  const payloadHash = request.headers['x-oss-content-sha256'] ?? v4.unsignedPayload;
  verifyV4({ request, account, scope, timestamp: timestamp!, additionalHeaders, payloadHash, provided });
  return {
    kind: 'account',
    account,
    payloadSha256: payloadHash === v4.unsignedPayload ? undefined : payloadHash,
  };
}
