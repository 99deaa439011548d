import { assertOptions, oneOf } from '@oss-envelope/core/adapter';
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { type AgeIdentityInput, assertUsable, parseIdentities } from './identities.js';

/** What `generateAgeIdentity` takes. */
export interface GenerateAgeIdentityOptions {
  /**
   * `'hybrid'`, the default, is ML-KEM-768 with X25519: what is stored today stays closed to the quantum computers of
   * later. `'x25519'` is what every age reads, and a sixth of the size in the metadata of objects.
   */
  readonly kind?: 'hybrid' | 'x25519' | undefined;
}

/** An identity, which reads, with its recipient, which writes. */
export interface AgeIdentity {
  /** A secret: `AGE-SECRET-KEY-PQ-1…` or `AGE-SECRET-KEY-1…`. */
  readonly identity: string;
  /** Public: `age1pq1…` (some 2,000 characters) or `age1…`. */
  readonly recipient: string;
}

/**
 * A new identity of age, as `age-keygen` makes them, from the cryptographic source of the runtime.
 *
 * @example
 * const { identity, recipient } = await generateAgeIdentity();
 * recipient.startsWith('age1pq1'); // => true
 *
 * @throws InvalidArgumentError for an option that is wrong
 */
export async function generateAgeIdentity(options: GenerateAgeIdentityOptions = {}): Promise<AgeIdentity> {
  assertOptions('options', options, ['kind']);
  const kind = oneOf('kind', options.kind, ['hybrid', 'x25519'], 'hybrid');
  const identity = await (kind === 'hybrid' ? generateHybridIdentity() : generateX25519Identity());
  return { identity, recipient: await identityToRecipient(identity) };
}

/**
 * The recipients of identities, in their order.
 *
 * @throws InvalidArgumentError for what is no identity; MasterKeyError when this runtime cannot use one
 */
export async function ageRecipientsOf(
  identities: AgeIdentityInput | readonly AgeIdentityInput[],
): Promise<string[]> {
  const checked = parseIdentities('identities', identities);
  await assertUsable(checked);
  return Promise.all(checked.map((identity) => identityToRecipient(identity)));
}
