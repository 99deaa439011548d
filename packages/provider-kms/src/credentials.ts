import { InvalidArgumentError, TransportError } from '@oss-envelope/core';

/** One set of credentials. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Of temporary (STS) credentials; undefined or empty for an access key pair. */
  readonly securityToken?: string | undefined;
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

/** Whence the credentials of each request come: a value, a function that is asked, or a provider of `@alicloud/credentials`. */
export type CredentialsSource =
  | Credentials
  | (() => Promise<Credentials> | Credentials)
  | CredentialsProvider
  | CredentialsParts;

const rotationsSeen = 3;

/**
 * A function that gives the credentials of one request, all of one issue. Requests at the same time share the answer.
 *
 * @throws InvalidArgumentError at once when `source` is none of the kinds that are known
 */
export function credentialsReader(source: CredentialsSource): () => Promise<Credentials> {
  const read = reader(source);
  let pending: Promise<Credentials> | undefined;
  return () => {
    pending ??= read().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

function reader(source: CredentialsSource): () => Promise<Credentials> {
  if (typeof source === 'function') return async () => checked(await asked(source));
  if (typeof source !== 'object' || source === null) {
    throw new InvalidArgumentError(
      'credentials',
      'must be { accessKeyId, accessKeySecret, securityToken? }, a function that gives them, or a provider of @alicloud/credentials',
    );
  }
  if ('getCredential' in source && typeof source.getCredential === 'function') {
    return async () => checked(await asked(() => source.getCredential()));
  }
  if (isParts(source)) return async () => checked(await asked(() => readParts(source)));
  const value = checked(source);
  return async () => value;
}

/** Whether `source` gives id, secret and token one by one. */
export function isParts(source: object): source is CredentialsParts {
  const parts = source as Partial<Record<keyof CredentialsParts, unknown>>;
  return (
    typeof parts.getAccessKeyId === 'function' &&
    typeof parts.getAccessKeySecret === 'function' &&
    typeof parts.getSecurityToken === 'function'
  );
}

/** A rotation may come between two of the questions: the id, asked again, shows it. */
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
    {
      retryable: true,
    },
  );
}

/** What a provider throws may hold secrets, and is not passed on. */
async function asked<T>(ask: () => Promise<T> | T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw new TransportError(
      'The credentials could not be had: their provider failed. Call it by itself to see why.',
      { retryable: true },
    );
  }
}

function checked(value: object): Credentials {
  const { accessKeyId, accessKeySecret, securityToken } = (value ?? {}) as Record<string, unknown>;
  assertHeaderText('credentials.accessKeyId', accessKeyId);
  assertHeaderText('credentials.accessKeySecret', accessKeySecret);
  if (securityToken === undefined || securityToken === null || securityToken === '') {
    return { accessKeyId, accessKeySecret };
  }
  assertHeaderText('credentials.securityToken', securityToken);
  return { accessKeyId, accessKeySecret, securityToken };
}

function assertHeaderText(argument: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw new InvalidArgumentError(argument, 'must be a text of visible ASCII characters');
  }
}
