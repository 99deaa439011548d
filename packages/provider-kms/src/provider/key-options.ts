import {
  type EncryptionContext,
  InvalidArgumentError,
  type KeyProvider,
  type MaterialDescription,
  type RetryPolicy,
} from '@oss-envelope/core';
import {
  assertOptions,
  functionOption,
  oneOf,
  retryPolicy,
  textRecord,
  wholeNumber,
} from '@oss-envelope/core/adapter';
import type { KmsCall } from '../operations/kms-operations.js';
import { resilientCall } from '../operations/resilient-call.js';
import {
  type BoundContext,
  formatEncryptionContext,
  passphraseContext,
} from '../options/encryption-context.js';
import { checkedKeyId, checkedReadKeyIds } from '../options/key-ids.js';
import type { BlobLayering } from '../wrapping/blob-layering.js';
import { DataKeyCache, type DataKeyCacheLimits } from '../wrapping/data-key-cache.js';
import { kmsKeyProvider } from '../wrapping/kms-key-provider.js';

/** What all KMS providers can be told, whatever carries their requests. */
export interface KmsKeyOptions {
  /** The id, ARN or alias (`alias/…`) of the master key that wraps new data keys. Without it the provider only reads. */
  readonly keyId?: string | undefined;
  /**
   * The ids or ARNs of the master keys whose objects are read. Others are refused, though KMS would open them. By
   * default `keyId` alone; with an alias, or without `keyId`, any key. `'any'` reads under every key that the
   * credentials may use.
   */
  readonly keyIds?: readonly string[] | 'any' | undefined;
  /** The passphrase of oss2, which makes its encryption context of it. Not together with `encryptionContext`. */
  readonly passphrase?: string | undefined;
  /**
   * Names and values that KMS binds to the wrapped keys. Readers must give the same. Together at most 8192 characters of
   * JSON. Names that begin with `oss-envelope` are reserved.
   */
  readonly encryptionContext?: EncryptionContext | undefined;
  /** How `'client-side-encryption'` is written: `'standard'` (the default) as Go and Java do. Both ways are read. */
  readonly layering?: BlobLayering | undefined;
  /** A description of this master key, stored with each object, by which readers find the key. None by default. */
  readonly materialDescription?: MaterialDescription | undefined;
  /** How long one attempt of one call may take, in milliseconds. By default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is tried again after throttling, failures of KMS and failed connections. By default 3 times. */
  readonly retries?: number | undefined;
  /** Keeps unwrapped data keys for reading: by default 100 keys, for 5 minutes and 10,000 uses each. Off unless given. */
  readonly cache?: Partial<DataKeyCacheLimits> | undefined;
  /** How retries wait; the platform's timer unless given. */
  readonly sleep?: RetryPolicy['sleep'] | undefined;
  /** A number from 0 up to, not including, 1, for the jitter of retries; `Math.random` unless given. */
  readonly random?: (() => number) | undefined;
  /** Milliseconds since the epoch, for the age of cached keys and the time of signatures; `Date.now` unless given. */
  readonly now?: (() => number) | undefined;
}

const keyOptionNames = [
  'keyId',
  'keyIds',
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
export function assertOptionNames(options: unknown, others: readonly string[]): asserts options is object {
  const known = [...keyOptionNames, ...others];
  const weakening = Object.keys(options ?? {}).find((name) => verificationOff.test(name));
  if (weakening !== undefined) {
    throw new InvalidArgumentError(
      `options.${weakening}`,
      'is not an option: certificates are always verified. For a private endpoint pass the certificate of its authority as `ca` to kmsProvider',
    );
  }
  assertOptions('options', options, known);
}

/**
 * The encryption context of the options.
 *
 * @throws InvalidArgumentError or OutOfRangeError
 */
export function boundContext({ passphrase, encryptionContext = {} }: KmsKeyOptions): BoundContext {
  if (passphrase === undefined) {
    return { text: formatEncryptionContext(encryptionContext), pairs: { ...encryptionContext } };
  }
  if (Object.keys(encryptionContext ?? {}).length > 0) {
    throw new InvalidArgumentError('passphrase', 'must not be given together with encryptionContext');
  }
  return { text: passphraseContext(passphrase), pairs: undefined };
}

/**
 * A provider of checked options on some implementation of the operations.
 *
 * @throws InvalidArgumentError or OutOfRangeError naming the option
 */
export function assembleProvider(options: KmsKeyOptions, call: KmsCall): KeyProvider {
  const keyId = options.keyId === undefined ? undefined : checkedKeyId('keyId', options.keyId);
  const now = functionOption('now', options.now, Date.now);
  const timeoutMs = wholeNumber('timeoutMs', options.timeoutMs, { least: 1, most: longestTimeoutMs }, 10_000);
  const retries = wholeNumber('retries', options.retries, { least: 0, most: mostRetries }, 3);
  const policy = retryPolicy({ retries, sleep: options.sleep, random: options.random });
  return kmsKeyProvider({
    call: resilientCall(call, { timeoutMs, policy }),
    keyId,
    readKeyIds: checkedReadKeyIds(options.keyIds, keyId),
    context: boundContext(options),
    layering: oneOf('layering', options.layering, ['standard', 'oss2'], 'standard'),
    materialDescription: textRecord('materialDescription', options.materialDescription),
    cache: options.cache === undefined ? undefined : new DataKeyCache(cacheLimits(options.cache), now),
  });
}

function cacheLimits(given: Partial<DataKeyCacheLimits>): DataKeyCacheLimits {
  assertOptions('cache', given, Object.keys(cacheDefaults));
  const bound = (name: keyof DataKeyCacheLimits): number =>
    wholeNumber(`cache.${name}`, given[name], { least: 1 }, cacheDefaults[name]);
  return { maxEntries: bound('maxEntries'), maxAgeMs: bound('maxAgeMs'), maxUses: bound('maxUses') };
}
