import { nonceBytes } from '../cipher/aead.js';
import type { SealedEnvelope } from './sealed-envelope.js';
import { type OpeningOptions, openSealedKey } from './sealed-opening.js';
import { type SealingOptions, wrapDataKey } from './sealing.js';

export { OpenedWrappingKeys } from './opened-wrapping-keys.js';
export { WrappingKeyPool } from './wrapping-key-pool.js';

/**
 * S22, S24: the envelope of the same sealed content, with its data key wrapped for these recipients and bound to this
 * object key. Format, context and binding stay as they are, and so does the body.
 *
 * @throws as `openSealedKey` and `createSealedKey`
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
