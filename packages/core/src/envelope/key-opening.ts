import { lazyModule } from '../adapter/lazy-module.js';
import type { ContentKey } from '../cipher/content-scheme.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import { FormatNotAllowedError } from '../errors/errors.js';
import { assertContext } from './context-check.js';
import { type ObjectPlace, sealing } from './created-key.js';
import type { Envelope } from './envelope.js';
import type { ObjectKeys } from './object-keys.js';
import { openContentKey } from './opened-key.js';
import type { OnUnknownDescription } from './provider-choice.js';
import type { OpeningOptions } from './sealed-opening.js';

/** What only sealed objects need that are opened here. */
type SealedOpening = typeof import('./sealed-opening.js');

/** Loaded with the first of them. */
const sealedOpening: () => Promise<SealedOpening> = lazyModule(() => import('./sealed-opening.js'));

/**
 * S19: the only thing that keeps an object without authentication out of a sealed one's place.
 *
 * @throws FormatNotAllowedError
 */
export function assertRead({ reads }: Pick<ObjectKeys, 'reads'>, format: FormatName): void {
  if (reads.includes(format)) return;
  throw new FormatNotAllowedError(
    `The object is in the format '${format}', and this bucket reads ${reads.map((name) => `'${name}'`).join(', ')}. ` +
      'If such objects are expected here, name the format in the option reads.',
  );
}

/**
 * The key of an object, by the provider of the bucket that its envelope names.
 *
 * @throws FormatNotAllowedError, ObjectMismatchError, NoMatchingKeyError, KeyUnwrapError, MasterKeyError,
 *   MalformedEnvelopeError, IntegrityError, ServiceError, TransportError
 */
export async function openObjectKey(
  keys: ObjectKeys,
  envelope: Envelope,
  place: ObjectPlace,
): Promise<ContentKey> {
  assertRead(keys, envelope.format);
  return openKey(keys, envelope, providersOf(keys), keys.options.onUnknownDescription, place);
}

/** The key of an object that this bucket wrote, by the provider that it writes with and no other. It also encrypts. */
export async function openOwnKey(
  keys: ObjectKeys,
  envelope: Envelope,
  place: ObjectPlace,
): Promise<ContentKey> {
  return alsoEncrypting(await openKey(keys, envelope, [keys.options.provider], 'error', place));
}

/** An opened key that encrypts too, as what is stored is made again of the plaintext. */
export async function alsoEncrypting(key: ContentKey): Promise<ContentKey> {
  if (!('aeadKey' in key)) return key;
  const { sealingChunks } = await sealing();
  return { ...key, chunks: { ...key.chunks, ...sealingChunks(key) } };
}

/** All who unwrap. */
export function providersOf({ options }: ObjectKeys): readonly KeyProvider[] {
  return [options.provider, ...options.otherProviders];
}

async function openKey(
  keys: ObjectKeys,
  envelope: Envelope,
  providers: readonly KeyProvider[],
  onUnknownDescription: OnUnknownDescription,
  place: ObjectPlace,
): Promise<ContentKey> {
  if (envelope.format !== 'sealed') {
    // What the call asks for, the object cannot have. The bucket's own context is of the sealed objects among others.
    assertContext({}, place.context ?? {});
    return openContentKey(envelope, providers, { onUnknownDescription, signal: place.signal });
  }
  const module = await sealedOpening();
  return module.openSealedKey(envelope, openingOptions(module, keys, providers, onUnknownDescription, place));
}

/** What a bucket opens sealed objects with. */
export function openingOptions(
  { OpenedWrappingKeys }: Pick<SealedOpening, 'OpenedWrappingKeys'>,
  { options, shared }: ObjectKeys,
  providers: readonly KeyProvider[],
  onUnknownDescription: OnUnknownDescription,
  { objectKey, context = {}, signal }: ObjectPlace,
): OpeningOptions {
  shared.opened ??= new OpenedWrappingKeys();
  return {
    providers,
    onUnknownDescription,
    opened: shared.opened,
    objectKey,
    contexts: [options.context, context],
    signal,
  };
}
