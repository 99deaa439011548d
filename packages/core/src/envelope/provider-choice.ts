import type { KeyProvider, MaterialDescription, WrapAlgorithm } from '../contract/key-provider.js';
import { NoMatchingKeyError } from '../errors/errors.js';
import { equalMaterialDescriptions } from './material-description.js';

/** What an envelope says of a wrapped key. */
export interface WrappedFor {
  readonly wrapAlgorithm: WrapAlgorithm;
  readonly materialDescription: MaterialDescription;
}

/** What to do when the description belongs to no provider. */
export type OnUnknownDescription = 'error' | 'use-provider';

/**
 * Chooses who unwraps which of an envelope's wrapped keys. Decided by wrap algorithm and description, never by trying:
 * trying gives an attacker an oracle for each key.
 *
 * @throws NoMatchingKeyError when there is nobody
 */
export function chooseProvider<Wrapped extends WrappedFor>(
  candidates: readonly Wrapped[],
  providers: readonly KeyProvider[],
  onUnknownDescription: OnUnknownDescription,
): { readonly provider: KeyProvider; readonly wrapped: Wrapped } {
  const able: { readonly provider: KeyProvider; readonly wrapped: Wrapped }[] = [];
  for (const provider of providers) {
    for (const wrapped of candidates) {
      if (!provider.unwraps.includes(wrapped.wrapAlgorithm)) continue;
      const choice = { provider, wrapped };
      if (equalMaterialDescriptions(provider.materialDescription, wrapped.materialDescription)) return choice;
      able.push(choice);
    }
  }
  const [first] = able;
  if (first === undefined) {
    const algorithms = [...new Set(candidates.map(({ wrapAlgorithm }) => `'${wrapAlgorithm}'`))].join(' or ');
    throw new NoMatchingKeyError(
      `No provider of this bucket can unwrap ${algorithms}. Add one with its private key, KMS key, secret or identity to ` +
        'otherProviders. A public key or a recipient only writes.',
    );
  }
  if (onUnknownDescription === 'use-provider') return first;
  const descriptions = [...new Set(able.map(({ wrapped }) => JSON.stringify(wrapped.materialDescription)))];
  throw new NoMatchingKeyError(
    `No provider of this bucket has the object's material description, ${descriptions.join(' or ').slice(0, 200)}. ` +
      "Add one with that materialDescription to otherProviders, or allow onUnknownDescription: 'use-provider'.",
  );
}
