import { equalText } from '../../common/text-equality.js';
import { OssError } from '../http/oss-error.js';
import type { RequestTarget } from '../http/request-target.js';
import { formatInstant } from '../http/xml.js';
import type { AccountBook, OssAccount } from './account.js';

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

/**
 * The account that signs with this id and token.
 * @throws {OssError} `InvalidAccessKeyId`, `InvalidSecurityToken`, `SecurityTokenExpired`.
 */
export function findAccount(
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

function hexBytes(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .toUpperCase()
    .replace(/..(?=.)/g, '$& ');
}

/** @throws {OssError} `RequestTimeTooSkewed`, with the server's time. */
export function assertClock(requestTime: number, options: AuthenticationOptions): void {
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

/** @throws {OssError} `AccessDenied` when a signed URL has expired. */
export function assertNotExpired(expiresAt: number, options: AuthenticationOptions): void {
  if (options.now.getTime() > expiresAt) {
    throw new OssError('RequestHasExpired', {
      details: {
        Expires: formatInstant(new Date(expiresAt)),
        ServerTime: formatInstant(options.now),
      },
    });
  }
}

/**
 * Compares a signature with the right one.
 * @param texts What was signed, by the name of its element in the error document.
 * @throws {OssError} `SignatureDoesNotMatch`.
 */
export function assertSignature(
  account: OssAccount,
  expected: string,
  provided: string,
  texts: Readonly<Record<string, string>>,
): void {
  if (equalText(expected, provided)) return;
  const details: Record<string, string> = {
    OSSAccessKeyId: account.accessKeyId,
    SignatureProvided: provided,
  };
  for (const [name, text] of Object.entries(texts)) {
    details[name] = text;
    details[`${name}Bytes`] = hexBytes(text);
  }
  throw new OssError('SignatureDoesNotMatch', { details });
}
