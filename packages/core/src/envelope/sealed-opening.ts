import { createAead } from '#aead';
import { nonceBytes } from '../cipher/aead.js';
import type { SealedKey } from '../cipher/content-scheme.js';
import { openingChunks } from '../cipher/opening-chunks.js';
import { deriveSealedKey } from '../cipher/sealed-key.js';
import { saltBytes } from '../cipher/sealed-sizes.js';
import type { EncryptionContext, KeyProvider } from '../contract/key-provider.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import { equalBytes } from '../encoding/bytes.js';
import { IntegrityError, KeyUnwrapError, ObjectMismatchError } from '../errors/errors.js';
import { assertContext } from './context-check.js';
import type { OpenedWrappingKeys } from './opened-wrapping-keys.js';
import { isUnwrappedKey } from './provided-key.js';
import { chooseProvider, type OnUnknownDescription } from './provider-choice.js';
import { bindingOf, boundContext, contextBytes } from './sealed-binding.js';
import type { SealedEnvelope, SealedRecipient } from './sealed-envelope.js';

export { OpenedWrappingKeys } from './opened-wrapping-keys.js';

/** What a reader opens with. */
export interface OpeningOptions {
  readonly providers: readonly KeyProvider[];
  readonly onUnknownDescription: OnUnknownDescription;
  readonly opened: OpenedWrappingKeys;
  /** The key that the object was stored as. */
  readonly objectKey: string;
  /** Pairs that the object's context must have: all of each. */
  readonly contexts: readonly EncryptionContext[];
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens the key of a sealed object's content. Its commitment is compared before anything of the content is decrypted
 * (S5).
 *
 * @throws ObjectMismatchError when the context is another, or the data key does not belong to this place (S17)
 * @throws NoMatchingKeyError, KeyUnwrapError, MasterKeyError, IntegrityError, ServiceError, TransportError
 */
export async function openSealedKey(envelope: SealedEnvelope, options: OpeningOptions): Promise<SealedKey> {
  for (const asked of options.contexts) assertContext(envelope.context, asked);
  const { providers, onUnknownDescription, opened, objectKey, signal } = options;
  const { provider, wrapped } = chooseProvider(envelope.recipients, providers, onUnknownDescription);
  const dataKey = await opened.use(
    { provider, recipient: wrapped, context: envelope.context },
    signal,
    () => openWrappingKey(provider, wrapped, envelope.context),
    (key) => openDataKey(key, wrapped.sealedDataKey, bindingOf(envelope.bound, objectKey)),
  );
  const salt = envelope.head.subarray(0, saltBytes);
  const key = await deriveSealedKey(openingChunks, dataKey, salt, contextBytes(envelope.contextText));
  if (equalBytes(key.head, envelope.head)) return key;
  throw new IntegrityError(
    "The object's envelope does not fit its data key: its head or its context was changed. Restore the object, with its " +
      'metadata, from a copy or an older version.',
  );
}

async function openWrappingKey(
  provider: KeyProvider,
  { wrapAlgorithm, wrappedKey }: SealedRecipient,
  context: EncryptionContext,
): Promise<SecretBytes> {
  const bound = boundContext(provider, context);
  const unwrapped: unknown = await provider.unwrapKey({
    format: 'sealed',
    wrapAlgorithm,
    wrappedKey,
    ...bound,
  });
  if (!isUnwrappedKey(unwrapped)) throw new KeyUnwrapError();
  return unwrapped.key;
}

async function openDataKey(
  wrappingKey: SecretBytes,
  box: Uint8Array,
  additional: Uint8Array,
): Promise<SecretBytes> {
  const [nonce, sealed] = [box.subarray(0, nonceBytes), box.subarray(nonceBytes)];
  const bytes = await createAead(wrappingKey.bytes).openAlone(nonce, sealed, additional);
  if (bytes !== undefined) return new SecretBytes(bytes);
  throw new ObjectMismatchError(
    'The master key is right, but this is not the object that was stored here: it was renamed, moved or swapped, or its ' +
      'envelope was changed. If another tool moved it, give the key that it was stored as: sealedAs, or key for openUrl. To move objects, use ' +
      'the calls of the bucket, such as copy, which bind them to their new place.',
  );
}
