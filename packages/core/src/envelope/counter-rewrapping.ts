import type { KeyProvider } from '../contract/key-provider.js';
import { withAdvice } from '../errors/described-error.js';
import { isOssEnvelopeError, ReencryptionNeededError } from '../errors/errors.js';
import { incompleteWrapping } from './content-key.js';
import { type CounterEnvelope, findWrapAlgorithm } from './counter-envelope.js';
import { formats } from './formats.js';
import { type OpenContentKeyOptions, unwrapContentKey } from './opened-key.js';
import { isWrappedKey, isWrappedValue } from './provided-key.js';
import { startToRewrap } from './start-value-reading.js';
import { wrapAlgorithmOf } from './wrapping-provider.js';

/** Whose key it becomes. */
export interface CounterRewrapping extends OpenContentKeyOptions {
  readonly provider: KeyProvider;
  readonly recipients: readonly KeyProvider[];
}

/**
 * The envelope of the same content in counter mode with its key wrapped for another master key.
 *
 * @param providers - one of them unwraps it
 * @throws ReencryptionNeededError where the format does not allow that, or there are several master keys
 */
export async function rewrapCounterKey(
  envelope: CounterEnvelope,
  providers: readonly KeyProvider[],
  { provider, recipients, ...options }: CounterRewrapping,
): Promise<CounterEnvelope> {
  if (envelope.format === 'client-side-encryption') {
    throw new ReencryptionNeededError(
      "OSS refuses to change the metadata of an object in the format 'client-side-encryption', so its keys cannot be " +
        "changed where it is. Write it anew: reencrypt(key, { format: 'sealed' }), or another format.",
    );
  }
  if (recipients.length > 0) {
    throw new ReencryptionNeededError(
      `An object in the format '${envelope.format}' opens by one master key, and this bucket has recipients. Write it ` +
        "anew: reencrypt(key, { format: 'sealed' }), or rewrap it by a bucket without recipients.",
    );
  }
  return rewrapContentKey(envelope, providers, provider, options);
}

/**
 * S23: the envelope of the same content in counter mode, with its data key and its start value wrapped by `target`.
 *
 * @throws as {@link openContentKey} for `providers`, and as {@link createContentKey} for `target`; MasterKeyError also
 *   when `target` wraps only keys that it made
 */
async function rewrapContentKey(
  envelope: CounterEnvelope,
  providers: readonly KeyProvider[],
  target: KeyProvider,
  options: OpenContentKeyOptions = {},
): Promise<CounterEnvelope> {
  const { format } = envelope;
  const wrapAlgorithm = wrapAlgorithmOf(target, format);
  const { key, start: unwrapped } = await unwrapContentKey(envelope, providers, options);
  const start = startToRewrap(formats[format], findWrapAlgorithm(format, wrapAlgorithm), unwrapped);
  const wrapped: unknown = await target
    .wrapKey({ format, key, start, signal: options.signal })
    .catch((error: unknown) => {
      throw isOssEnvelopeError(error, 'ERR_MASTER_KEY') ? withAdvice(error, reencryptAdvice) : error;
    });
  if (!isWrappedKey(wrapped) || !isWrappedValue(wrapped.wrappedStart)) throw incompleteWrapping();
  const { wrappedKey, wrappedStart } = wrapped;
  const { materialDescription } = target;
  return { ...envelope, wrapAlgorithm, wrappedKey, wrappedStart, materialDescription };
}

const reencryptAdvice = 'To bring an object under a master key that takes no key of others, use reencrypt';
