import type { KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { isBytes } from '../encoding/bytes.js';
import { KeyUnwrapError } from '../errors/errors.js';
import type { ObjectContentKey } from './content-key.js';
import type { CounterEnvelope } from './counter-envelope.js';
import { formats } from './formats.js';
import { isUnwrappedKey } from './provided-key.js';
import { chooseProvider, type OnUnknownDescription } from './provider-choice.js';
import { parseStartValue } from './start-value-reading.js';

/** How a provider is chosen. */
export interface OpenContentKeyOptions {
  /**
   * What to do when the envelope's description belongs to no provider: an `'error'` (the default), or `'use-provider'`:
   * ask the first that has the wrap algorithm.
   */
  readonly onUnknownDescription?: OnUnknownDescription | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unwraps an envelope's key with the provider that its wrap algorithm and material description name; no other is asked.
 *
 * @throws NoMatchingKeyError when there is none
 * @throws KeyUnwrapError, MalformedEnvelopeError (a start value that is none), MasterKeyError, ServiceError, TransportError
 *
 * @example
 * const { envelope } = await createContentKey(provider, 'oss-crypto');
 * const { dataKey } = await openContentKey(envelope, [provider]);
 * dataKey.bytes.length; // => 32
 */
export async function openContentKey(
  envelope: CounterEnvelope,
  providers: readonly KeyProvider[],
  options: OpenContentKeyOptions = {},
): Promise<ObjectContentKey> {
  const { key, start } = await unwrapContentKey(envelope, providers, options);
  return { dataKey: key, counterBlock: parseStartValue(formats[envelope.format], start) };
}

/** The key and the start value as they were wrapped. @throws as {@link openContentKey} */
export async function unwrapContentKey(
  envelope: CounterEnvelope,
  providers: readonly KeyProvider[],
  options: OpenContentKeyOptions,
): Promise<{ readonly key: SecretBytes; readonly start: Uint8Array }> {
  const { format, wrapAlgorithm, wrappedKey, wrappedStart } = envelope;
  const { provider } = chooseProvider([envelope], providers, options.onUnknownDescription ?? 'error');
  const unwrapped: unknown = await provider.unwrapKey({
    format,
    wrapAlgorithm,
    wrappedKey,
    wrappedStart,
    signal: options.signal,
  });
  // A wrong RSA key may give random bytes of any length rather than an error.
  if (!isUnwrappedKey(unwrapped) || !isBytes(unwrapped.start)) throw new KeyUnwrapError();
  return { key: unwrapped.key, start: unwrapped.start };
}
