import type {
  FormatName,
  KeyProvider,
  MaterialDescription,
  WrapAlgorithm,
} from '../contract/key-provider.js';
import { InvalidArgumentError, MasterKeyError, NoMatchingKeyError } from '../errors/errors.js';
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
      "Add one that has it to otherProviders, or allow onUnknownDescription: 'use-provider'.",
  );
}

/**
 * S15: refuses recipients that a reader could not tell apart, because it would always take the first of them.
 *
 * @throws InvalidArgumentError that names the option
 */
export function assertDistinctRecipients(recipients: readonly KeyProvider[]): void {
  recipients.forEach((one, index) => {
    const { sealed } = one.wraps;
    const isLike = (other: KeyProvider): boolean =>
      other.wraps.sealed === sealed &&
      equalMaterialDescriptions(other.materialDescription, one.materialDescription);
    if (sealed === undefined || !recipients.slice(0, index).some(isLike)) return;
    throw new InvalidArgumentError(
      `options.recipients[${index - 1}]`,
      `must not have the same kind of key ('${sealed}') and the same materialDescription as provider or another recipient: ` +
        "readers could not tell whose key is whose. Give each a materialDescription of its own, such as { region: 'cn-beijing' }",
    );
  });
}

/**
 * How a provider wraps in a format.
 *
 * @throws MasterKeyError when it does not
 */
export function wrapAlgorithmOf(provider: KeyProvider, format: FormatName): WrapAlgorithm {
  const wrapAlgorithm = provider.wraps[format];
  if (wrapAlgorithm !== undefined) return wrapAlgorithm;
  const served = Object.keys(provider.wraps).map((name) => `'${name}'`);
  throw new MasterKeyError(
    served.length > 0
      ? `The provider cannot write the format '${format}', only ${served.join(' and ')}. Give the bucket another format or another provider.`
      : `The provider cannot write the format '${format}': it holds no key to encrypt with. ` +
          'Give it one (publicKey for RSA, keyId for KMS, recipients for age), or only read with it.',
  );
}
