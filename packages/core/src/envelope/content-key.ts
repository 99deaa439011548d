import { type CounterKey, dataKeyBytes } from '../cipher/content-scheme.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { KeyUnwrapError, MasterKeyError, NoMatchingKeyError } from '../errors/errors.js';
import { type Envelope, findWrapAlgorithm } from './envelope.js';
import { formats } from './formats.js';
import { equalMaterialDescriptions } from './material-description.js';
import { createStartValue, parseStartValue, type RandomBytes } from './start-value.js';

/** The key of one object's content, from its first byte on. */
export type ObjectContentKey = CounterKey & { readonly dataKey: SecretBytes };

/** What a new envelope records beside the key. */
export interface CreateContentKeyOptions extends Pick<Envelope, 'contentSizeBytes' | 'contentMd5' | 'parts'> {
  /** The source of the start value; by default the runtime's `crypto.getRandomValues`. */
  readonly randomBytes?: RandomBytes | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A fresh key for one object, and the envelope that carries it. Encrypt one content under it, and store the headers
 * that `formatEnvelope` makes of the envelope with the ciphertext.
 *
 * @throws MasterKeyError when the provider cannot write the format; ServiceError, TransportError from a key service
 */
export async function createContentKey(
  provider: KeyProvider,
  format: FormatName,
  options: CreateContentKeyOptions = {},
): Promise<{ readonly envelope: Envelope; readonly contentKey: ObjectContentKey }> {
  const wrapAlgorithm = provider.wraps[format];
  if (wrapAlgorithm === undefined) {
    throw new MasterKeyError(
      `The provider cannot write the format '${format}': it holds no key to encrypt with. ` +
        'Give it one (a public key, for RSA), or only read with it.',
    );
  }
  const row = formats[format];
  const randomBytes =
    options.randomBytes ?? ((sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)));
  const start = createStartValue(row, findWrapAlgorithm(format, wrapAlgorithm), randomBytes);
  const created = await provider.wrapKey({ format, start: start.plaintext, signal: options.signal });
  const { wrappedStart } = created;
  if (created.key.bytes.length !== dataKeyBytes || wrappedStart === undefined) {
    throw new MasterKeyError(
      `The provider did not give a data key of ${dataKeyBytes} bytes with its wrapped start value. Report it to its maker.`,
    );
  }
  const envelope: Envelope = {
    format,
    wrapAlgorithm,
    contentAlgorithm: row.scheme.algorithm,
    wrappedKey: created.wrappedKey,
    wrappedStart,
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
  readonly onUnknownDescription?: 'error' | 'use-provider' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unwraps an envelope's key with the provider that its wrap algorithm and material description name; no other is asked.
 *
 * @throws NoMatchingKeyError when there is none
 * @throws KeyUnwrapError, MalformedEnvelopeError (a start value that is none), MasterKeyError, ServiceError, TransportError
 */
export async function openContentKey(
  envelope: Envelope,
  providers: readonly KeyProvider[],
  options: OpenContentKeyOptions = {},
): Promise<ObjectContentKey> {
  const { format, wrapAlgorithm, wrappedKey, wrappedStart } = envelope;
  const provider = chooseProvider(envelope, providers, options.onUnknownDescription ?? 'error');
  const unwrapped = await provider.unwrapKey({
    format,
    wrapAlgorithm,
    wrappedKey,
    wrappedStart,
    signal: options.signal,
  });
  // A wrong RSA key may give random bytes of any length rather than an error.
  if (unwrapped.key.bytes.length !== dataKeyBytes || unwrapped.start === undefined)
    throw new KeyUnwrapError();
  return { dataKey: unwrapped.key, counterBlock: parseStartValue(formats[format], unwrapped.start) };
}

/** Decided by wrap algorithm and description, never by trying: trying gives an attacker an oracle for each key. */
function chooseProvider(
  envelope: Envelope,
  providers: readonly KeyProvider[],
  onUnknownDescription: 'error' | 'use-provider',
): KeyProvider {
  const able = providers.filter((candidate) => candidate.unwraps.includes(envelope.wrapAlgorithm));
  const found =
    able.find((candidate) =>
      equalMaterialDescriptions(candidate.materialDescription, envelope.materialDescription),
    ) ?? (onUnknownDescription === 'use-provider' ? able[0] : undefined);
  if (found !== undefined) return found;
  if (able.length === 0) {
    throw new NoMatchingKeyError(
      `No provider of this bucket can unwrap '${envelope.wrapAlgorithm}'. ` +
        'Add one with its private or KMS key to otherProviders.',
    );
  }
  const description = JSON.stringify(envelope.materialDescription).slice(0, 200);
  throw new NoMatchingKeyError(
    `No provider of this bucket has the object's material description, ${description}. ` +
      "Add one that has it to otherProviders, or allow onUnknownDescription: 'use-provider'.",
  );
}
