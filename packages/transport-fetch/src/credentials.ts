import { InvalidArgumentError } from '@oss-envelope/core';

/** An access key, or a temporary one of STS with its token. */
export interface OssCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** The token of STS credentials. */
  readonly securityToken?: string | undefined;
  /** When they end, as a Date or in ISO 8601. Where a function gives the credentials, it is asked again shortly before. */
  readonly expiresAt?: Date | string | undefined;
}

/** Credentials, checked. */
export interface CheckedCredentials extends Omit<OssCredentials, 'expiresAt'> {
  readonly expiresAt: Date | undefined;
}

/** Credentials, or a function that fetches them, as it does for STS. What it throws is what the call rejects with. */
export type OssCredentialsInput = OssCredentials | (() => OssCredentials | Promise<OssCredentials>);

/** Hands out credentials. Safe to use concurrently: however many ask, the user's function is called once at a time. */
export interface CredentialsSource {
  get(): Promise<CheckedCredentials>;
  /** The server refused these. Returns whether asking again may give others. */
  reject(refused: CheckedCredentials): boolean;
}

/** How long before their end credentials are replaced, at most; a tenth of their life where that is shorter. */
const renewalMarginMs = 60_000;

/** Checks the fields, and makes a copy that later changes of the caller's object do not reach. */
function checkedCredentials(value: unknown): CheckedCredentials {
  const { accessKeyId, accessKeySecret, securityToken, expiresAt } = (value ?? {}) as Record<string, unknown>;
  // Visible ASCII, since the id and the token travel in headers.
  if (typeof accessKeyId !== 'string' || !/^[!-~]+$/.test(accessKeyId)) {
    throw new InvalidArgumentError('credentials.accessKeyId', 'must be the id of an access key');
  }
  if (typeof accessKeySecret !== 'string' || accessKeySecret === '') {
    throw new InvalidArgumentError('credentials.accessKeySecret', 'must be the secret of an access key');
  }
  if (securityToken !== undefined && (typeof securityToken !== 'string' || !/^[!-~]+$/.test(securityToken))) {
    throw new InvalidArgumentError('credentials.securityToken', 'must be a token of STS, or be left out');
  }
  return { accessKeyId, accessKeySecret, securityToken, expiresAt: checkedInstant(expiresAt) };
}

function checkedInstant(value: unknown): Date | undefined {
  if (value === undefined) return undefined;
  const instant = value instanceof Date || typeof value === 'string' ? new Date(value) : undefined;
  if (instant === undefined || Number.isNaN(instant.getTime())) {
    throw new InvalidArgumentError(
      'credentials.expiresAt',
      'must be a valid Date or ISO 8601 text, or be left out',
    );
  }
  return instant;
}

/**
 * Makes a source of credentials out of a value or a function.
 *
 * @param now - the clock, in milliseconds
 * @throws InvalidArgumentError that names the field to change; for a function, `get` rejects with it
 */
export function credentialsSource(input: OssCredentialsInput, now: () => number): CredentialsSource {
  if (typeof input !== 'function') {
    const fixed = checkedCredentials(input);
    return { get: () => Promise.resolve(fixed), reject: () => false };
  }
  let cached: { readonly credentials: CheckedCredentials; readonly renewAtMs: number } | undefined;
  let pending: Promise<CheckedCredentials> | undefined;

  async function fetchCredentials(): Promise<CheckedCredentials> {
    const credentials = checkedCredentials(await (input as () => unknown)());
    const fetchedAtMs = now();
    const endMs = credentials.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    cached = { credentials, renewAtMs: endMs - Math.min(renewalMarginMs, (endMs - fetchedAtMs) / 10) };
    return credentials;
  }

  return {
    get() {
      if (cached && now() < cached.renewAtMs) return Promise.resolve(cached.credentials);
      pending ??= fetchCredentials().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    reject(refused) {
      // Another call may have replaced them already.
      if (cached?.credentials === refused) cached = undefined;
      return true;
    },
  };
}
