import { createAead, temporaryBytes } from '#aead';
import { nonceBytes, tagBytes } from '../cipher/aead.js';
import type { SealedKey } from '../cipher/content-scheme.js';
import { deriveSealedKey } from '../cipher/sealed-key.js';
import { saltBytes } from '../cipher/sealed-sizes.js';
import { sealingChunks } from '../cipher/sealing-chunks.js';
import { dataKeyBytes, type EncryptionContext, type KeyProvider } from '../contract/key-provider.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import { MasterKeyError } from '../errors/errors.js';
import { formats } from './formats.js';
import { isWrappedKey } from './provided-key.js';
import { bindingOf, boundContext, contextBytes } from './sealed-binding.js';
import { formatContext, type SealedEnvelope, type SealedRecipient } from './sealed-envelope.js';
import type { WrappingKey, WrappingKeyPool } from './wrapping-key-pool.js';
import { wrapAlgorithmOf } from './wrapping-provider.js';

export { sealingChunks } from '../cipher/sealing-chunks.js';
export { formatSealedEnvelope } from './sealed-envelope.js';
export { WrappingKeyPool } from './wrapping-key-pool.js';

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
    temporaryBytes(dataKeyBytes + saltBytes + nonceBytes * providers.length),
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
    deriveSealedKey(sealingChunks, dataKey, salt, contextBytes(contextText)),
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

/** S13, S15: a data key for each recipient, each under a nonce of its own. */
export function wrapDataKey(
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
