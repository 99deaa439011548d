import { InvalidArgumentError, isOssEnvelopeError, TransportError } from '../errors/errors.js';
import { assertOptions } from './option-checks.js';
import { unlessAborted } from './unless-aborted.js';

/** One set of credentials of Alibaba Cloud: an access key, or temporary ones of STS with their token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** The token of temporary credentials; undefined, null or empty for an access key. */
  readonly securityToken?: string | null | undefined;
  /** When they end: a Date, or ISO 8601 text as STS gives it. A function is asked again shortly before. */
  readonly expiration?: Date | string | null | undefined;
  /** Another name of `expiration`. */
  readonly expiresAt?: Date | string | null | undefined;
}

/** A credentials object of `@alicloud/credentials` 2.4 and later. */
export interface CredentialsProvider {
  getCredential(): Promise<object>;
}

/** A credentials object of `@alicloud/credentials` before 2.4, which gives its parts one by one. */
export interface CredentialsParts {
  getAccessKeyId(): Promise<string> | string;
  getAccessKeySecret(): Promise<string> | string;
  getSecurityToken(): Promise<string | undefined> | string | undefined;
}

/** Where credentials come from: a value, a function that gives one, or an object of `@alicloud/credentials`. */
export type CredentialsInput =
  | Credentials
  | (() => Promise<Credentials> | Credentials)
  | CredentialsProvider
  | CredentialsParts;

/** Checked credentials. All three values belong together, and can be used in headers and signatures. */
export interface CheckedCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string | undefined;
  readonly expiresAt: Date | undefined;
}

/** Gives the credentials of each request. Safe to use at the same time: all callers share one question to the source. */
export interface CredentialsSource {
  /**
   * The credentials to sign with now. An abort ends this caller's waiting, not the question that others wait for.
   *
   * @throws InvalidArgumentError that names a field that cannot be used, never its value
   * @throws TransportError when the source fails; its own error may hold secrets and is dropped. Errors of this
   *   project that a source throws pass as they are
   * @throws the signal's reason, when it is aborted
   */
  get(signal?: AbortSignal): Promise<CheckedCredentials>;
  /**
   * Says that the server refused these credentials. The next `get` asks the source again, once for all callers that
   * were refused with the same ones.
   *
   * @returns whether asking again can give others
   */
  reject(refused: CheckedCredentials): boolean;
}

/** How long a source may take to answer, in milliseconds. */
const longestAnswerMs = 30_000;

/** How long before their end credentials are replaced: this, or a tenth of their life where that is shorter. */
const renewalMarginMs = 60_000;

/** How often the parts of a credentials object are asked for while a rotation comes between. */
const rotationsSeen = 3;

const fieldNames = ['accessKeyId', 'accessKeySecret', 'securityToken', 'expiration', 'expiresAt'];
const tokenNamesElsewhere = ['stsToken', 'sessionToken'];

/**
 * A source of credentials. A value is checked at once and copied. What a function gives is kept until shortly before
 * its end, or until the server refuses it. An object of `@alicloud/credentials` keeps and renews its own, so it is
 * asked for each request. All sources of one function or object are one: a refresh for OSS is a refresh for KMS too.
 *
 * @param now - the clock, in milliseconds since the epoch
 * @throws InvalidArgumentError for a value that is none of these, or a field of it that cannot be used
 */
export function credentialsSource(input: CredentialsInput, now: () => number = Date.now): CredentialsSource {
  if (typeof input === 'function') return sourceOf(input, async () => await input(), now, true);
  if (typeof input !== 'object' || input === null) {
    throw new InvalidArgumentError(
      'credentials',
      'must be { accessKeyId, accessKeySecret, securityToken? }, a function that gives them, or an object of @alicloud/credentials',
    );
  }
  if ('getCredential' in input && typeof input.getCredential === 'function') {
    return sourceOf(input, () => input.getCredential(), now, false);
  }
  if (givesParts(input)) return sourceOf(input, () => readParts(input), now, false);
  assertOptions('credentials', input, [...fieldNames, ...tokenNamesElsewhere]);
  const fixed = checkedCredentials(input);
  return {
    get: async (signal) => {
      signal?.throwIfAborted();
      return fixed;
    },
    reject: () => false,
  };
}

/** Whether an object gives id, secret and token one by one, as `@alicloud/credentials` does before 2.4. */
export function givesParts(source: object): source is CredentialsParts {
  const parts = source as Partial<Record<keyof CredentialsParts, unknown>>;
  return (
    typeof parts.getAccessKeyId === 'function' &&
    typeof parts.getAccessKeySecret === 'function' &&
    typeof parts.getSecurityToken === 'function'
  );
}

/** What was asked of a function or an object. Its keys are held weakly. */
const issuers = new WeakMap<object, Issuer>();

function sourceOf(
  input: object,
  ask: () => Promise<unknown>,
  now: () => number,
  keeps: boolean,
): CredentialsSource {
  const issuer = issuers.get(input) ?? new Issuer(ask, keeps);
  issuers.set(input, issuer);
  return {
    get: (signal) => issuer.get(now, signal),
    reject: (refused) => issuer.reject(refused),
  };
}

/** Asks a function or an object for credentials, once for all who want them at the same time. */
class Issuer {
  readonly #ask: () => Promise<unknown>;
  readonly #keeps: boolean;
  #kept: { readonly credentials: CheckedCredentials; readonly renewAtMs: number } | undefined;
  #pending: Promise<CheckedCredentials> | undefined;

  constructor(ask: () => Promise<unknown>, keeps: boolean) {
    this.#ask = ask;
    this.#keeps = keeps;
  }

  async get(now: () => number, signal: AbortSignal | undefined): Promise<CheckedCredentials> {
    signal?.throwIfAborted();
    if (this.#kept !== undefined && now() < this.#kept.renewAtMs) return this.#kept.credentials;
    this.#pending ??= this.#renew(now).finally(() => {
      this.#pending = undefined;
    });
    return await unlessAborted(this.#pending, signal);
  }

  reject(refused: CheckedCredentials): boolean {
    // Another caller that was refused with the same ones may have them replaced already.
    if (this.#kept?.credentials === refused) this.#kept = undefined;
    return true;
  }

  async #renew(now: () => number): Promise<CheckedCredentials> {
    let credentials: CheckedCredentials;
    try {
      credentials = checkedCredentials(await answerInTime(this.#ask()));
    } catch (error) {
      // A source that fails shortly before the end is asked again by the next call.
      if (this.#kept !== undefined && now() < endOf(this.#kept.credentials)) return this.#kept.credentials;
      throw sourceFailure(error);
    }
    const endMs = endOf(credentials);
    // A cache of the source's own may give older ones again.
    if (this.#kept !== undefined && endMs <= now() && now() < endOf(this.#kept.credentials)) {
      return this.#kept.credentials;
    }
    const renewAtMs = endMs - Math.min(renewalMarginMs, (endMs - now()) / 10);
    if (this.#keeps) this.#kept = { credentials, renewAtMs };
    return credentials;
  }
}

function endOf({ expiresAt }: CheckedCredentials): number {
  return expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
}

/** A source that never answers must not hold all later calls, which share its question. */
async function answerInTime(answer: Promise<unknown>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const give = (): void =>
      reject(
        new TransportError(
          `The source of the credentials gave no answer in ${longestAnswerMs / 1000} seconds. Call it by itself to see why.`,
          { retryable: true },
        ),
      );
    timer = setTimeout(give, longestAnswerMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A rotation can come between two of the questions. The id, asked for again, shows it. */
async function readParts(source: CredentialsParts): Promise<Credentials> {
  for (let attempt = 0; attempt < rotationsSeen; attempt++) {
    const accessKeyId = await source.getAccessKeyId();
    const accessKeySecret = await source.getAccessKeySecret();
    const securityToken = await source.getSecurityToken();
    if ((await source.getAccessKeyId()) === accessKeyId) {
      return { accessKeyId, accessKeySecret, securityToken };
    }
  }
  throw new TransportError(
    'The credentials changed each time they were asked for. Use a provider with getCredential.',
    { retryable: true },
  );
}

/** What a source throws may hold secrets. Of it, only a code of the system (such as ECONNREFUSED) is told. */
function sourceFailure(error: unknown): Error {
  if (isOssEnvelopeError(error)) return error;
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const told = typeof code === 'string' && /^E[A-Z]{3,20}$/.test(code) ? ` (${code})` : '';
  return new TransportError(
    `The source of the credentials failed${told}. Call it by itself to see why: what it throws may hold secrets, so it is not shown here.`,
    { retryable: true },
  );
}

function checkedCredentials(value: unknown): CheckedCredentials {
  const fields = (value ?? {}) as Record<string, unknown>;
  const { accessKeyId, accessKeySecret, securityToken } = fields;
  for (const name of tokenNamesElsewhere) {
    if (fields[name] !== undefined && fields[name] !== null) {
      throw new InvalidArgumentError(
        `credentials.${name}`,
        'is not known here: the token of STS goes in securityToken',
      );
    }
  }
  const hasToken = securityToken !== undefined && securityToken !== null && securityToken !== '';
  return Object.freeze({
    accessKeyId: visibleText('credentials.accessKeyId', accessKeyId),
    accessKeySecret: visibleText('credentials.accessKeySecret', accessKeySecret),
    securityToken: hasToken ? visibleText('credentials.securityToken', securityToken) : undefined,
    expiresAt:
      instant('credentials.expiration', fields.expiration) ??
      instant('credentials.expiresAt', fields.expiresAt),
  });
}

/** Id and token travel in headers; a secret with a line end was copied with it. */
function visibleText(argument: string, value: unknown): string {
  if (typeof value === 'string' && /^[!-~]+$/.test(value)) return value;
  if (value === undefined || value === null || value === '') {
    throw new InvalidArgumentError(argument, 'is missing: check the variable that it comes from');
  }
  const isUntrimmed = typeof value === 'string' && /^[!-~]+$/.test(value.trim());
  throw new InvalidArgumentError(
    argument,
    isUntrimmed
      ? 'has a space or a line end before or after it: remove it'
      : 'must be a text of visible ASCII characters',
  );
}

function instant(argument: string, value: unknown): Date | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const isDate = Object.prototype.toString.call(value) === '[object Date]';
  const date = isDate || typeof value === 'string' ? new Date(value as Date | string) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError(argument, 'must be a valid Date or ISO 8601 text, or be left out');
  }
  return date;
}
