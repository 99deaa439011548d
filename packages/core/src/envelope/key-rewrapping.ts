import { lazyModule } from '../adapter/lazy-module.js';
import { rewrapCounterKey } from './counter-rewrapping.js';
import { type ObjectPlace, poolOf } from './created-key.js';
import type { Envelope } from './envelope.js';
import { assertRead, openingOptions, providersOf } from './key-opening.js';
import type { ObjectKeys } from './object-keys.js';

type SealedRewrapping = typeof import('./sealed-rewrapping.js');

const sealedRewrapping: () => Promise<SealedRewrapping> = lazyModule(() => import('./sealed-rewrapping.js'));

/**
 * S22 to S24: the envelope of the same content with its keys wrapped for the provider and the recipients of this bucket.
 * Nothing else of it changes, but for the object key that it is bound to.
 *
 * @param newKey - the key that the object is, or will be, stored as
 * @throws ReencryptionNeededError where the format does not allow that; else as `openObjectKey` and `ObjectKeys.create`
 */
export async function rewrapObjectKey(
  keys: ObjectKeys,
  envelope: Envelope,
  place: ObjectPlace,
  newKey: string,
): Promise<Envelope> {
  assertRead(keys, envelope.format);
  const { provider, recipients, onUnknownDescription } = keys.options;
  const providers = providersOf(keys);
  const { signal } = place;
  if (envelope.format !== 'sealed') {
    return rewrapCounterKey(envelope, providers, { provider, recipients, onUnknownDescription, signal });
  }
  const module = await sealedRewrapping();
  const pool = poolOf(module, keys.shared, keys.options);
  const wrapping = { recipients: [provider, ...recipients], objectKey: newKey, pool, signal };
  const opening = openingOptions(module, keys, providers, onUnknownDescription, place);
  return module.rewrapSealedKey(envelope, opening, wrapping);
}
