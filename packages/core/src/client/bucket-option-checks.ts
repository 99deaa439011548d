import { advice } from '#advice';
import { assertWebCrypto } from '../adapter/web-crypto.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import type { ObjectTransport } from '../contract/object-transport.js';
import { formats } from '../envelope/formats.js';
import { InvalidArgumentError } from '../errors/errors.js';
import { providerFault, transportFault } from './collaborator-checks.js';
import {
  among,
  type Check,
  func,
  integer,
  listOf,
  milliseconds,
  type OptionChecks,
  optional,
  pairsOf,
  parseArgument,
  passing,
  text,
} from './option-parsing.js';
import type { UploadBucketOptions } from './option-types.js';

/** A transport or a provider, by what is wrong with another value. */
const faultless =
  <T>(faultOf: (value: unknown) => string | undefined): Check<T> =>
  (argument, value) => {
    const fault = faultOf(value);
    if (fault !== undefined) throw new InvalidArgumentError(argument, fault);
    return value as T;
  };
/** A key provider. */
export const provider: Check<KeyProvider> = faultless(providerFault);
/** The formats by name. */
export const formatNames = Object.keys(formats) as FormatName[];
const keyReuse: OptionChecks<NonNullable<UploadBucketOptions['keyReuse']>> = {
  // NIST SP 800-38D §8.3: a key with random nonces is for 2^32 messages at most.
  maxObjects: optional(integer(1, 2 ** 32, 'must be from 1 to 2^32')),
  maxAgeMs: optional(milliseconds),
};

/** The checks of what a bucket that writes needs. */
export const uploadBucketOptionsSchema: OptionChecks<UploadBucketOptions> = {
  transport: faultless<ObjectTransport>(transportFault),
  provider,
  recipients: optional(listOf(provider, 0, formats.sealed.maxRecipients - 1, 'must be eight at most')),
  context: optional(pairsOf(text)),
  bound: optional(among('key', 'none')),
  keyReuse: optional((argument, value) => parseArgument(argument, value, keyReuse)),
  format: passing(
    (value) => formatNames.includes(value as FormatName),
    "must be 'sealed' (authenticated), 'oss-crypto' (the documented system) or 'client-side-encryption' (today's official SDKs); it has no default",
  ),
  randomBytes: optional(func()),
};

/**
 * The options of a new bucket, checked by themselves and together.
 *
 * @throws InvalidArgumentError or OutOfRangeError that names the option; AlgorithmNotSupportedError where the runtime
 *   cannot encrypt
 */
export function parseBucketOptions<T extends UploadBucketOptions>(
  options: unknown,
  checks: OptionChecks<T>,
): T {
  assertWebCrypto();
  const mistake = advice.ofBucketOptions(options);
  if (mistake !== undefined) throw new InvalidArgumentError('options', mistake);
  const checked = parseArgument('options', options, checks);
  assertSealedOptions(checked);
  return checked;
}

/** Refuses options that the format does not have: the caller expects an effect that would not happen. */
function assertSealedOptions(options: UploadBucketOptions): void {
  if (options.format === 'sealed') return;
  for (const name of ['recipients', 'context', 'bound', 'keyReuse'] as const) {
    if (options[name] === undefined) continue;
    throw new InvalidArgumentError(
      `options.${name}`,
      `must be left out with the format '${options.format}', which has no such thing: it is of 'sealed'`,
    );
  }
}
