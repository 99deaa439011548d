import { assertOptions, oneOf } from '../adapter/option-checks.js';
import { adviceAgainstHeader } from '../adapter/request-headers.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import type { ObjectTransport } from '../contract/object-transport.js';
import { decodeBase64 } from '../encoding/base64.js';
import { isPlainObject } from '../encoding/plain-object.js';
import { formats } from '../envelope/formats.js';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import { providerFault, transportFault } from './collaborator-checks.js';
import type {
  CallOptions,
  CopyOptions,
  DeleteOptions,
  DownloadOptions,
  EncryptedBucketOptions,
  GetOptions,
  HeadOptions,
  OpenOptions,
  PutOptions,
  ReencryptOptions,
  RenameOptions,
  RewrapOptions,
  VerifyOptions,
} from './option-types.js';

/** The value of an option as it is used; what can be changed later is copied. Throws an error that names `argument`. */
type Check<T> = (argument: string, value: unknown) => T;

/** The checks of all options that a call knows. */
export type OptionChecks<T> = { readonly [Name in keyof T]-?: Check<T[Name]> };

/**
 * A copy of a call's options, each of them checked.
 *
 * @throws InvalidArgumentError or, for a number or a length out of bounds, OutOfRangeError; both name the member
 */
export function parseArgument<T>(argument: string, value: unknown, checks: OptionChecks<T>): T {
  assertOptions(argument, value, Object.keys(checks));
  const checked = Object.entries<Check<unknown>>(checks)
    .map(([name, check]) => [name, check(`${argument}.${name}`, Reflect.get(value, name))] as const)
    .filter(([, option]) => option !== undefined);
  return Object.fromEntries(checked) as T;
}

/** What passes a check, or nothing. */
export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (argument: string, value: unknown): T | undefined =>
    value === undefined ? undefined : check(argument, value);

/** Whatever passes a test. */
const passing =
  <T>(isRight: (value: unknown) => boolean, expectation: string): Check<T> =>
  (argument, value) => {
    if (!isRight(value)) throw new InvalidArgumentError(argument, expectation);
    return value as T;
  };

const isFunction = (value: unknown): boolean => typeof value === 'function';
const hasMethods =
  (...names: string[]) =>
  (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => isFunction(Reflect.get(value, name)));
/** Whether a value is of one of the runtime's classes, of this realm or another (an iframe, Jest's jsdom). */
const isA = (tag: string) => (value: unknown) => Object.prototype.toString.call(value) === `[object ${tag}]`;

const among =
  <Choice extends string>(...choices: Choice[]): Check<Choice> =>
  (argument, value) =>
    oneOf(argument, value, choices);

/** A whole number within bounds. */
export const integer =
  (least: number, most: number, expectation: string): Check<number> =>
  (argument: string, value: unknown): number => {
    if (!Number.isInteger(value)) throw new InvalidArgumentError(argument, 'must be a whole number');
    if ((value as number) < least || (value as number) > most) {
      throw new OutOfRangeError(argument, expectation);
    }
    return value as number;
  };

const listOf =
  <T>(check: Check<T>, least: number, most: number, expectation: string): Check<T[]> =>
  (argument, value) => {
    if (!Array.isArray(value)) throw new InvalidArgumentError(argument, 'must be an array');
    if (value.length < least || value.length > most) throw new OutOfRangeError(argument, expectation);
    return Array.from(value, (item, index) => check(`${argument}.${index}`, item));
  };

const pairsOf =
  (check: (argument: string, value: unknown, name: string) => string): Check<Record<string, string>> =>
  (argument, value) => {
    if (!isPlainObject(value)) {
      throw new InvalidArgumentError(argument, 'must be an object of names and values');
    }
    // fromEntries defines own properties, so that a pair named __proto__ is only a pair.
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, check(`${argument}.${name}`, item, name)]),
    );
  };

/** Any text. */
export const text: Check<string> = passing((value) => typeof value === 'string', 'must be a string');
const headerText: Check<string> = (argument, value) => {
  if (/^[\x20-\x7e]*$/.test(text(argument, value))) return value as string;
  throw new InvalidArgumentError(argument, 'must be printable ASCII');
};
/** Yes or no. */
export const flag: Check<boolean> = passing((value) => typeof value === 'boolean', 'must be true or false');
const func = <T>(): Check<T> => passing(isFunction, 'must be a function');
const number: Check<number> = passing(
  (value) => typeof value === 'number' && !Number.isNaN(value),
  'must be a number of bytes',
);
const wholeNumber = integer(0, Number.MAX_SAFE_INTEGER, 'must be 0 or more, and below 2^53');
const positiveNumber = integer(1, Number.MAX_SAFE_INTEGER, 'must be 1 or more, and below 2^53');
/** What a timer takes. */
const milliseconds = integer(1, 2 ** 31 - 1, 'must be 1 or more, and below 2^31');
/** How many things may be under way at once. */
export const concurrency: Check<number> = integer(1, 1000, 'must be from 1 to 1000');
const date: Check<Date> = passing(
  (value) => isA('Date')(value) && !Number.isNaN(Number(value)),
  'must be a valid Date',
);
const context = pairsOf(text);
const headers = pairsOf((argument, value, name) => {
  const advice = adviceAgainstHeader(name);
  if (advice !== undefined) throw new InvalidArgumentError(argument, `must be left out: ${advice}`);
  if (!/^[A-Za-z0-9-]+$/.test(name)) {
    throw new InvalidArgumentError(argument, 'must be named with letters, digits and hyphens');
  }
  return headerText(argument, value);
});
const onPlainObject = optional(among('error', 'pass'));
/** A transport or a provider, by what is wrong with another value. */
const faultless =
  <T>(faultOf: (value: unknown) => string | undefined): Check<T> =>
  (argument, value) => {
    const fault = faultOf(value);
    if (fault !== undefined) throw new InvalidArgumentError(argument, fault);
    return value as T;
  };
const provider: Check<KeyProvider> = faultless(providerFault);
const formatNames = Object.keys(formats) as FormatName[];
const keyReuse: OptionChecks<NonNullable<EncryptedBucketOptions['keyReuse']>> = {
  // NIST SP 800-38D §8.3: a key with random nonces is for 2^32 messages at most.
  maxObjects: optional(integer(1, 2 ** 32, 'must be from 1 to 2^32')),
  maxAgeMs: optional(milliseconds),
};

export const bucketOptionsSchema: OptionChecks<EncryptedBucketOptions> = {
  transport: faultless<ObjectTransport>(transportFault),
  provider,
  otherProviders: optional(listOf(provider, 0, Number.POSITIVE_INFINITY, '')),
  recipients: optional(listOf(provider, 0, formats.sealed.maxRecipients - 1, 'must be eight at most')),
  context: optional(context),
  bound: optional(among('key', 'none')),
  keyReuse: optional((argument, value) => parseArgument(argument, value, keyReuse)),
  reads: optional(listOf(among(...formatNames), 1, Number.POSITIVE_INFINITY, 'must name a format at least')),
  format: passing(
    (value) => formatNames.includes(value as FormatName),
    "must be 'sealed' (authenticated), 'oss-crypto' (the documented system) or 'client-side-encryption' (today's official SDKs); it has no default",
  ),
  onPlainObject,
  onUnknownDescription: optional(among('error', 'use-provider')),
  lenient: optional(flag),
  randomBytes: optional(func()),
};

/** The checks of {@link CallOptions}. */
export const callChecks: OptionChecks<CallOptions> = {
  signal: optional<AbortSignal>(passing(isA('AbortSignal'), 'must be an AbortSignal')),
  headers: optional(headers),
};

export const putOptionsSchema: OptionChecks<PutOptions> = {
  ...callChecks,
  sizeBytes: optional(number),
  contentType: optional(headerText),
  metadata: optional(context),
  contentMd5: optional((argument, value) => {
    if (decodeBase64(text(argument, value))?.length === 16) return value as string;
    throw new InvalidArgumentError(argument, 'must be the base64 of an MD5, 24 characters');
  }),
  forbidOverwrite: optional(flag),
  multipartThresholdBytes: optional(wholeNumber),
  // Checked by planParts, which knows the limits.
  partSizeBytes: optional(number),
  concurrency: optional(concurrency),
  checkpoint: optional(
    passing(hasMethods('open'), 'must be a checkpoint store: fileCheckpoint(…), or an object with open'),
  ),
  sourceState: optional(text),
  onProgress: optional(func()),
};

export const headOptionsSchema: OptionChecks<HeadOptions> = {
  ...callChecks,
  versionId: optional(headerText),
  ifMatch: optional(headerText),
  ifNoneMatch: optional(headerText),
  ifModifiedSince: optional(date),
  ifUnmodifiedSince: optional(date),
};

const readChecks = {
  ...headOptionsSchema,
  onPlainObject,
  sealedAs: optional(text),
  context: optional(context),
};

export const verifyOptionsSchema: OptionChecks<VerifyOptions> = {
  ...readChecks,
  readerTimeoutMs: optional(milliseconds),
  onProgress: optional(func()),
};

export const getOptionsSchema: OptionChecks<GetOptions> = {
  ...verifyOptionsSchema,
  // Checked by assertByteRange, which knows what to say.
  range: passing(() => true, ''),
};

export const openOptionsSchema: OptionChecks<OpenOptions> = {
  ...readChecks,
  prefetchBytes: optional(positiveNumber),
};

/** For fewer bytes, the headers of a request and its answer are longer than what they bring. */
const leastRangeBytes = 1000;

export const downloadOptionsSchema: OptionChecks<DownloadOptions> = {
  partSizeBytes: optional(
    integer(leastRangeBytes, Number.MAX_SAFE_INTEGER, `must be ${leastRangeBytes} or more, and below 2^53`),
  ),
  concurrency: optional(concurrency),
  completed: optional(passing(isA('Map'), 'must be a Map')),
  onCompleted: optional(func()),
  signal: callChecks.signal,
  onProgress: optional(func()),
};

export const deleteOptionsSchema: OptionChecks<DeleteOptions> = {
  ...callChecks,
  versionId: optional(headerText),
};

const keepingChecks = {
  signal: callChecks.signal,
  acl: optional(among('default', 'private', 'public-read', 'public-read-write')),
  sealedAs: optional(text),
};

export const rewrapOptionsSchema: OptionChecks<RewrapOptions> = {
  ...keepingChecks,
  context: optional(context),
};

export const renameOptionsSchema: OptionChecks<RenameOptions> = {
  ...keepingChecks,
  onPlainObject,
  forbidOverwrite: optional(flag),
};

export const copyOptionsSchema: OptionChecks<CopyOptions> = {
  ...renameOptionsSchema,
  headers: callChecks.headers,
  versionId: optional(headerText),
  metadata: optional(context),
  contentType: optional(headerText),
};

export const reencryptOptionsSchema: OptionChecks<ReencryptOptions> = {
  ...keepingChecks,
  format: optional(among(...formatNames)),
  context: optional(context),
  onPlainObject,
  partSizeBytes: optional(number),
  concurrency: optional(concurrency),
  onProgress: optional(func()),
};
