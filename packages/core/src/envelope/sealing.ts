import { createAead } from '#aead';
import { tagBytes } from '../cipher/aead.js';
import type { SealedKey } from '../cipher/content-scheme.js';
import { deriveSealedKey } from '../cipher/sealed-key.js';
import { saltBytes } from '../cipher/sealed-sizes.js';
import {
  dataKeyBytes,
  type EncryptionContext,
  type KeyProvider,
  sealedLabel,
} from '../contract/key-provider.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import { equalBytes } from '../encoding/bytes.js';
import { IntegrityError, KeyUnwrapError, MasterKeyError, ObjectMismatchError } from '../errors/errors.js';
import { formats } from './formats.js';
import { isUnwrappedKey, isWrappedKey } from './provided-key.js';
import { chooseProvider, type OnUnknownDescription, wrapAlgorithmOf } from './provider-choice.js';
import {
  assertContext,
  formatContext,
  type SealedEnvelope,
  type SealedRecipient,
} from './sealed-envelope.js';
import type { OpenedWrappingKeys, WrappingKey, WrappingKeyPool } from './wrapping-keys.js';

export { OpenedWrappingKeys, WrappingKeyPool } from './wrapping-keys.js';

const utf8 = new TextEncoder();
const nonceBytes = 12;
/** S11, of most objects. It is read only. */
const noContext = utf8.encode(`${sealedLabel}\0`);

/** What a writer seals with. */
export interface SealingOptions {
  /** S15: whose master keys open the object: at most nine. */
  readonly recipients: readonly KeyProvider[];
  /** The key that the object is stored as. */
  readonly objectKey: string;
  readonly context: EncryptionContext;
  readonly bound: 'key' | 'none';
  readonly pool: WrappingKeyPool;
  readonly signal: AbortSignal | undefined;
}

/**
 * S10 to S15: a fresh data key and salt for one attempt to seal an object, and the envelope that carries them.
 *
 * @throws MasterKeyError when a recipient's provider cannot write the format; ServiceError, TransportError
 */
export async function createSealedKey(
  options: SealingOptions,
): Promise<{ readonly envelope: SealedEnvelope; readonly contentKey: SealedKey }> {
  const { recipients: providers, context, bound } = options;
  // Asked for at once: each call of the generator costs as much as sealing a little.
  const random = crypto.getRandomValues(
    new Uint8Array(dataKeyBytes + saltBytes + nonceBytes * providers.length),
  );
  let taken = 0;
  const take = (sizeBytes: number): Uint8Array => {
    taken += sizeBytes;
    return random.slice(taken - sizeBytes, taken);
  };
  const dataKey = new SecretBytes(take(dataKeyBytes));
  const salt = take(saltBytes);
  const nonces = providers.map(() => take(nonceBytes));
  // The data key is in one place only.
  random.fill(0);
  const contextText = formatContext(context);
  const [contentKey, recipients] = await Promise.all([
    deriveSealedKey(dataKey, salt, contextBytes(contextText)),
    wrapDataKey(dataKey, nonces, options),
  ]);
  const envelope: SealedEnvelope = {
    format: 'sealed',
    contentAlgorithm: formats.sealed.scheme.algorithm,
    head: contentKey.head,
    context,
    contextText,
    bound,
    recipients,
  };
  return { envelope, contentKey };
}

/**
 * S22, S24: the envelope of the same sealed content, with its data key wrapped for these recipients and bound to this
 * object key. Format, context and binding stay as they are, and so does the body.
 *
 * @throws as {@link openSealedKey} and {@link createSealedKey}
 */
export async function rewrapSealedKey(
  envelope: SealedEnvelope,
  opening: OpeningOptions,
  wrapping: Omit<SealingOptions, 'bound' | 'context'>,
): Promise<SealedEnvelope> {
  const { dataKey } = await openSealedKey(envelope, opening);
  const { context, bound } = envelope;
  const nonces = wrapping.recipients.map(() => crypto.getRandomValues(new Uint8Array(nonceBytes)));
  return { ...envelope, recipients: await wrapDataKey(dataKey, nonces, { ...wrapping, context, bound }) };
}

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
  const key = await deriveSealedKey(dataKey, salt, contextBytes(envelope.contextText));
  if (equalBytes(key.head, envelope.head)) return key;
  throw new IntegrityError(
    "The object's envelope does not fit its data key: its head or its context was changed. Restore the object, with its " +
      'metadata, from a copy or an older version.',
  );
}

/** S13, S15: a data key for each recipient, each under a nonce of its own. */
function wrapDataKey(
  dataKey: SecretBytes,
  nonces: readonly Uint8Array[],
  { recipients, objectKey, context, bound, pool, signal }: SealingOptions,
): Promise<SealedRecipient[]> {
  const additional = bindingOf(bound, objectKey);
  const contextText = formatContext(context);
  return Promise.all(
    recipients.map(async (provider, index): Promise<SealedRecipient> => {
      const wrapAlgorithm = wrapAlgorithmOf(provider, 'sealed');
      return pool.use(
        { provider, contextText },
        signal,
        (shared) => makeWrappingKey(provider, context, shared),
        async ({ key, wrappedKey }) => ({
          wrapAlgorithm,
          wrappedKey,
          sealedDataKey: await sealDataKey(key, dataKey, nonces[index] as Uint8Array, additional),
          materialDescription: provider.materialDescription,
        }),
      );
    }),
  );
}

async function makeWrappingKey(
  provider: KeyProvider,
  context: EncryptionContext,
  signal: AbortSignal | undefined,
): Promise<WrappingKey> {
  const bound = boundContext(provider, context);
  const made: unknown = await provider.wrapKey({ format: 'sealed', ...bound, signal });
  if (isWrappedKey(made)) return { key: made.key, wrappedKey: made.wrappedKey };
  throw new MasterKeyError(
    `The provider did not give a wrapping key of ${dataKeyBytes} bytes with what it is wrapped into. Report it to its maker.`,
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

/** S14: the context of the object, for providers that bind wrapping keys to it. */
function boundContext(
  provider: KeyProvider,
  context: EncryptionContext,
): { readonly context?: EncryptionContext } {
  return provider.bindsContext === true && Object.keys(context).length > 0 ? { context } : {};
}

/** S13. */
async function sealDataKey(
  wrappingKey: SecretBytes,
  dataKey: SecretBytes,
  nonce: Uint8Array,
  additional: Uint8Array,
): Promise<Uint8Array> {
  const box = new Uint8Array(nonceBytes + dataKeyBytes + tagBytes);
  box.set(nonce);
  await createAead(wrappingKey.bytes).seal(nonce, dataKey.bytes, box, nonceBytes, additional);
  return box;
}

async function openDataKey(
  wrappingKey: SecretBytes,
  box: Uint8Array,
  additional: Uint8Array,
): Promise<SecretBytes> {
  const bytes = new Uint8Array(dataKeyBytes);
  const [nonce, sealed] = [box.subarray(0, nonceBytes), box.subarray(nonceBytes)];
  if (await createAead(wrappingKey.bytes).open(nonce, sealed, bytes, 0, additional))
    return new SecretBytes(bytes);
  throw new ObjectMismatchError(
    'The master key is right, but this is not the object that was stored here: it was renamed, moved or swapped, or its ' +
      'envelope was changed. If another tool moved it, give the key that it was stored as: sealedAs, or key for openUrl. To move objects, use ' +
      'the calls of the bucket, such as copy, which bind them to their new place.',
  );
}

/** S11: the context of the key schedule: L, a zero byte, and the header as it is stored. */
function contextBytes(contextText: string | undefined): Uint8Array {
  return contextText === undefined ? noContext : utf8.encode(`${sealedLabel}\0${contextText}`);
}

/** S12: what the data key is bound to. */
function bindingOf(bound: 'key' | 'none', objectKey: string): Uint8Array {
  return utf8.encode(`${sealedLabel}\0${bound}\0${bound === 'key' ? objectKey : ''}`);
}
