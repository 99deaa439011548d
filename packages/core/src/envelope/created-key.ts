import { lazyModule } from '../adapter/lazy-module.js';
import type { ContentKey } from '../cipher/content-scheme.js';
import type { EncryptionContext, FormatName, KeyProvider } from '../contract/key-provider.js';
import { createContentKey } from './content-key.js';
import { formatCounterEnvelope } from './counter-envelope.js';
import type { Envelope } from './envelope.js';
import type { OpenedWrappingKeys } from './opened-wrapping-keys.js';
import type { RandomBytes } from './start-value.js';
import type { KeyReuse, WrappingKeyPool } from './wrapping-key-pool.js';

/**
 * What only objects that are sealed here need.
 *
 * @internal
 */
export type Sealing = typeof import('./sealing.js');

/**
 * Loaded with the first object that is sealed here.
 *
 * @internal
 */
export const sealing: () => Promise<Sealing> = lazyModule(() => import('./sealing.js'));

/** How a bucket makes the keys of its objects. */
export interface KeyCreationOptions {
  /** Wraps the keys of what is written. */
  readonly provider: KeyProvider;
  /** Of `'sealed'`: others who can open what is written. */
  readonly recipients: readonly KeyProvider[];
  readonly format: FormatName;
  /** Of `'sealed'`: what is written of each object, and must be there when one is read. */
  readonly context: EncryptionContext;
  readonly bound: 'key' | 'none';
  readonly keyReuse: KeyReuse;
  readonly randomBytes: RandomBytes | undefined;
}

/** Where an object is, and what it is expected to be. */
export interface ObjectPlace {
  /** The key that it was stored as. */
  readonly objectKey: string;
  /** Pairs that its context must have besides those of the bucket. An object of a format without contexts has none. */
  readonly context?: EncryptionContext | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A fresh key for one attempt to write, and the envelope that holds it, as far as that is known before the content is. */
export interface CreatedKey {
  readonly envelope: Envelope;
  readonly contentKey: ContentKey;
  /** As `formatEnvelope`, for envelopes of this format: what writes objects loads no other format. */
  headersOf(envelope: Envelope): Record<string, string>;
}

/** What the envelope records beside the key, where its format has a place for it. */
export interface KeyRecord {
  readonly contentMd5: string | undefined;
}

/** The wrapping keys of those who have the same master keys. Made with the first sealed object. */
export interface SharedWrappingKeys {
  pool?: WrappingKeyPool;
  opened?: OpenedWrappingKeys;
}

/**
 * The wrapping keys that are written with.
 *
 * @internal
 */
export function poolOf(
  { WrappingKeyPool }: Pick<Sealing, 'WrappingKeyPool'>,
  shared: SharedWrappingKeys,
  { keyReuse }: Pick<KeyCreationOptions, 'keyReuse'>,
): WrappingKeyPool {
  shared.pool ??= new WrappingKeyPool(keyReuse);
  return shared.pool;
}

/**
 * A fresh key, in whatever format.
 *
 * @throws MasterKeyError when a provider cannot write the format; ServiceError, TransportError from a key service
 */
export async function createObjectKey(
  options: KeyCreationOptions,
  shared: SharedWrappingKeys,
  { objectKey, signal }: ObjectPlace,
  { contentMd5 }: KeyRecord,
): Promise<CreatedKey> {
  const { provider, recipients, format, context, bound, randomBytes } = options;
  if (format !== 'sealed') {
    const created = await createContentKey(provider, format, { randomBytes, contentMd5, signal });
    return Object.assign(created, { headersOf: formatCounterEnvelope });
  }
  const module = await sealing();
  const pool = poolOf(module, shared, options);
  const created = await module.createSealedKey({
    recipients: [provider, ...recipients],
    objectKey,
    context,
    bound,
    pool,
    signal,
  });
  return Object.assign(created, { headersOf: module.formatSealedEnvelope });
}
