import { OssError } from '../http/oss-error.js';
import type { OssAccount } from './account.js';
import * as v1 from './sign-v1.js';
import {
  type AuthenticationOptions,
  assertClock,
  assertNotExpired,
  assertSignature,
  findAccount,
  type Identity,
  type SignedRequest,
} from './signed-request.js';

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
  assertSignature(account, v1.signature(account.accessKeySecret, text), provided, { StringToSign: text });
}

/** Verifies a V1 signature in the Authorization header. */
export function authenticateV1Header(
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

/** Verifies a V1 signature in the query: a signed URL. */
export function authenticateV1Query(request: SignedRequest, options: AuthenticationOptions): Identity {
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
