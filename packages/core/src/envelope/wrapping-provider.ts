import type { FormatName, KeyProvider, WrapAlgorithm } from '../contract/key-provider.js';
import { InvalidArgumentError, MasterKeyError } from '../errors/errors.js';
import { equalMaterialDescriptions } from './material-description.js';

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
