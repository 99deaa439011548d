import {
  InvalidArgumentError,
  type KeyProvider,
  type MaterialDescription,
  OutOfRangeError,
} from '@oss-envelope/core';
import type { KmsOperations } from '../operations/kms-operations.js';
import { resilientOperations, type Sleep, timerSleep } from '../operations/resilient-operations.js';
import {
  type EncryptionContext,
  formatEncryptionContext,
  passphraseContext,
} from '../options/encryption-context.js';
import type { BlobLayering } from '../wrapping/blob-layering.js';
import { DataKeyCache, type DataKeyCacheLimits } from '../wrapping/data-key-cache.js';
import { kmsKeyProvider } from '../wrapping/kms-key-provider.js';

/** What all KMS providers can be told, whatever carries their requests. */
export interface KmsKeyOptions {
  /** The id, ARN or alias (`alias/…`) of the master key that wraps new data keys. Without it the provider only reads. */
  readonly keyId?: string | undefined;
  /** oss2's passphrase: becomes its encryption context, byte for byte. Not together with `encryptionContext`. */
  readonly passphrase?: string | undefined;
  /** Names and values that KMS binds to the wrapped keys; whoever reads must give the same. Together at most 8192 characters of JSON. */
  readonly encryptionContext?: EncryptionContext | undefined;
  /** How `'client-side-encryption'` is written; both are read. `'standard'` (Go and Java) unless given. */
  readonly layering?: BlobLayering | undefined;
  /** Written beside the wrapped keys, so that readers find this master key; none unless given. */
  readonly materialDescription?: MaterialDescription | undefined;
  /** How long one attempt of one call may take, in milliseconds; 10,000 unless given. */
  readonly timeoutMs?: number | undefined;
  /** How many attempts may follow the first, after throttling, 5xx and failed connections; 3 unless given. */
  readonly retries?: number | undefined;
  /** Keeps unwrapped data keys for reading, within these bounds: 100 keys, 5 minutes, 10,000 uses each. Off unless given. */
  readonly cache?: Partial<DataKeyCacheLimits> | undefined;
  /** How retries wait; the platform's timer unless given. */
  readonly sleep?: Sleep | undefined;
  /** A number from 0 up to, not including, 1, for the jitter of retries; `Math.random` unless given. */
  readonly random?: (() => number) | undefined;
  /** Milliseconds since the epoch, for the age of cached keys and the time of signatures; `Date.now` unless given. */
  readonly now?: (() => number) | undefined;
}

const keyOptionNames = [
  'keyId',
  'passphrase',
  'encryptionContext',
  'layering',
  'materialDescription',
  'timeoutMs',
  'retries',
  'cache',
  'sleep',
  'random',
  'now',
];

const cacheDefaults: DataKeyCacheLimits = { maxEntries: 100, maxAgeMs: 5 * 60 * 1000, maxUses: 10_000 };
const longestTimeoutMs = 10 * 60 * 1000;
const mostRetries = 20;

const verificationOff =
  /^(?:rejectUnauthorized|ignoreSSL|insecure|insecureSkipVerify|verify|checkServerIdentity)$/i;

/**
 * Refuses options that are not known; those that would switch the verification of certificates off with a word on
 * what to do instead.
 *
 * @throws InvalidArgumentError naming the option
 */
export function assertOptionNames(
  options: unknown,
  others: readonly string[],
): asserts options is Record<string, unknown> {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError('options', 'must be an object');
  }
  for (const name of Object.keys(options)) {
    if (keyOptionNames.includes(name) || others.includes(name)) continue;
    throw new InvalidArgumentError(
      name,
      verificationOff.test(name)
        ? 'is not an option: certificates are always verified. For a private endpoint pass the certificate of its authority as `ca` to kmsProvider'
        : 'is not an option here; check its spelling',
    );
  }
}

/**
 * The encryption context of the options, as JSON text; undefined for none.
 *
 * @throws InvalidArgumentError or OutOfRangeError
 */
export function contextText({ passphrase, encryptionContext }: KmsKeyOptions): string | undefined {
  if (passphrase === undefined) {
    return encryptionContext === undefined ? undefined : formatEncryptionContext(encryptionContext);
  }
  if (encryptionContext !== undefined) {
    throw new InvalidArgumentError('passphrase', 'must not be given together with encryptionContext');
  }
  return passphraseContext(passphrase);
}

/**
 * A provider of checked options on some implementation of the operations.
 *
 * @throws InvalidArgumentError or OutOfRangeError naming the option
 */
export function assembleProvider(options: KmsKeyOptions, operations: KmsOperations): KeyProvider {
  const { keyId, layering = 'standard', materialDescription = {}, cache } = options;
  if (keyId !== undefined && (typeof keyId !== 'string' || !/^[\x21-\x7e]{1,512}$/.test(keyId))) {
    throw new InvalidArgumentError('keyId', 'must be the id, ARN or alias of a key');
  }
  if (layering !== 'standard' && layering !== 'oss2') {
    throw new InvalidArgumentError('layering', "must be 'standard' or 'oss2'");
  }
  if (
    typeof materialDescription !== 'object' ||
    materialDescription === null ||
    !Object.values(materialDescription).every((value) => typeof value === 'string')
  ) {
    throw new InvalidArgumentError('materialDescription', 'must be an object of texts');
  }
  const now = options.now ?? Date.now;
  return kmsKeyProvider({
    operations: resilientOperations(operations, {
      timeoutMs: wholeNumber('timeoutMs', options.timeoutMs ?? 10_000, 1, longestTimeoutMs),
      retries: wholeNumber('retries', options.retries ?? 3, 0, mostRetries),
      sleep: options.sleep ?? timerSleep,
      random: options.random ?? Math.random,
    }),
    keyId,
    encryptionContext: contextText(options),
    layering,
    materialDescription: Object.freeze({ ...materialDescription }),
    cache: cache === undefined ? undefined : new DataKeyCache(cacheLimits(cache), now),
  });
}

function cacheLimits(given: Partial<DataKeyCacheLimits>): DataKeyCacheLimits {
  if (typeof given !== 'object' || given === null) {
    throw new InvalidArgumentError('cache', 'must be an object of bounds');
  }
  for (const name of Object.keys(given)) {
    if (!(name in cacheDefaults)) throw new InvalidArgumentError(`cache.${name}`, 'is not an option here');
  }
  const bound = (name: keyof DataKeyCacheLimits): number =>
    wholeNumber(`cache.${name}`, given[name] ?? cacheDefaults[name], 1, Number.MAX_SAFE_INTEGER);
  return { maxEntries: bound('maxEntries'), maxAgeMs: bound('maxAgeMs'), maxUses: bound('maxUses') };
}

function wholeNumber(argument: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw new InvalidArgumentError(argument, 'must be a number');
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new OutOfRangeError(argument, `must be a whole number from ${least} to ${most}`);
  }
  return value;
}
