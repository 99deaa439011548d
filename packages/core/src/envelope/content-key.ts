import type { CounterKey } from '../cipher/content-scheme.js';
import { type CounterFormatName, dataKeyBytes, type KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { isBytes } from '../encoding/bytes.js';
import { InvalidArgumentError, KeyUnwrapError, MasterKeyError } from '../errors/errors.js';
import { type CounterEnvelope, findWrapAlgorithm } from './counter-envelope.js';
import { formats } from './formats.js';
import { isUnwrappedKey, isWrappedKey, isWrappedValue } from './provided-key.js';
import { chooseProvider, type OnUnknownDescription, wrapAlgorithmOf } from './provider-choice.js';
import { createStartValue, parseStartValue, type RandomBytes } from './start-value.js';

/** The key of one object's content, from its first byte on. */
export type ObjectContentKey = CounterKey & { readonly dataKey: SecretBytes };

/** What a new envelope records beside the key. */
export interface CreateContentKeyOptions
  extends Pick<CounterEnvelope, 'contentSizeBytes' | 'contentMd5' | 'parts'> {
  /** The source of the start value; by default the runtime's `crypto.getRandomValues`. */
  readonly randomBytes?: RandomBytes | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A fresh key for one object, and the envelope that carries it. Encrypt one content under it, and store the headers
 * that `formatEnvelope` makes of the envelope with the ciphertext.
 *
 * @throws InvalidArgumentError for a format that is not in counter mode
 * @throws MasterKeyError when the provider cannot write the format; ServiceError, TransportError from a key service
 *
 * @example
 * const { envelope, contentKey } = await createContentKey(provider, 'oss-crypto');
 * const bytes = await encryptBytes(new TextEncoder().encode('seize the day'), contentKey);
 * await transport.put({ key: 'shared.txt', headers: formatEnvelope(envelope), body: { kind: 'bytes', bytes } });
 */
export async function createContentKey(
  provider: KeyProvider,
  format: CounterFormatName,
  options: CreateContentKeyOptions = {},
): Promise<{ readonly envelope: CounterEnvelope; readonly contentKey: ObjectContentKey }> {
  const row = formats[format];
  if (row?.kind !== 'counter') {
    throw new InvalidArgumentError('format', "must be 'oss-crypto' or 'client-side-encryption'");
  }
  const wrapAlgorithm = wrapAlgorithmOf(provider, format);
  const randomBytes =
    options.randomBytes ?? ((sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)));
  const start = createStartValue(row, findWrapAlgorithm(format, wrapAlgorithm), randomBytes);
  const created: unknown = await provider.wrapKey({
    format,
    start: start.plaintext,
    signal: options.signal,
  });
  if (!isWrappedKey(created) || !isWrappedValue(created.wrappedStart)) {
    throw incompleteWrapping();
  }
  const envelope: CounterEnvelope = {
    format,
    wrapAlgorithm,
    contentAlgorithm: row.scheme.algorithm,
    wrappedKey: created.wrappedKey,
    wrappedStart: created.wrappedStart,
    materialDescription: provider.materialDescription,
    contentSizeBytes: options.contentSizeBytes,
    contentMd5: options.contentMd5,
    parts: options.parts,
  };
  return { envelope, contentKey: { dataKey: created.key, counterBlock: start.counterBlock } };
}

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

/** The error for a provider that did not wrap both. */
export function incompleteWrapping(): MasterKeyError {
  return new MasterKeyError(
    `The provider did not give a data key of ${dataKeyBytes} bytes and its start value, both wrapped. Report it to its maker.`,
  );
}
