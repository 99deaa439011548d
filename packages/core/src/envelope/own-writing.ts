import { dataKeyBytes, type KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { MasterKeyError } from '../errors/errors.js';
import type { KeyCreationOptions } from './created-key.js';
import type { Envelope } from './envelope.js';
import { equalMaterialDescriptions } from './material-description.js';
import { isSecretOfKeySize } from './provided-key.js';
import type { WrappedFor } from './provider-choice.js';
import { formatContext } from './sealed-envelope.js';

// What an upload needs that goes on from a checkpoint.

/** Whether an envelope is as these options would have it: in their format, for their master keys, of their context. */
export function isAsWritten(envelope: Envelope, options: KeyCreationOptions): boolean {
  const { provider, recipients, format, context, bound } = options;
  if (envelope.format !== format) return false;
  const isOf = (one: KeyProvider, wrapped: WrappedFor): boolean =>
    wrapped.wrapAlgorithm === one.wraps[format] &&
    equalMaterialDescriptions(wrapped.materialDescription, one.materialDescription);
  if (envelope.format !== 'sealed') return isOf(provider, envelope);
  const all = [provider, ...recipients];
  return (
    envelope.contextText === formatContext(context) &&
    envelope.bound === bound &&
    envelope.recipients.length === all.length &&
    envelope.recipients.every((recipient, index) => isOf(all[index] as KeyProvider, recipient))
  );
}

/**
 * What a provider derives from the part of its master key that unwraps, if it has one and gives it out.
 *
 * @throws MasterKeyError when it is not a secret of 32 bytes
 */
export async function derivedSecret(
  provider: KeyProvider,
  purpose: string,
): Promise<SecretBytes | undefined> {
  const secret: unknown = await provider.deriveSecret?.(purpose);
  if (secret === undefined || isSecretOfKeySize(secret)) return secret;
  throw new MasterKeyError(
    `The provider did not derive a secret of ${dataKeyBytes} bytes. Report it to its maker.`,
  );
}
