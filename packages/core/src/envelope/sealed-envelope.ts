import type { ContentAlgorithm } from '../cipher/content-scheme.js';
import type { EncryptionContext, MaterialDescription, WrapAlgorithm } from '../contract/key-provider.js';
import { encodeBase64 } from '../encoding/base64.js';
import { formats } from './formats.js';
import { formatMaterialDescription } from './material-description.js';

/** S15: one of those who can open an object. */
export interface SealedRecipient {
  /** How `wrappedKey` is wrapped. Names that nobody here knows are passed over. */
  readonly wrapAlgorithm: WrapAlgorithm;
  /** S14: the wrapping key under the recipient's master key. */
  readonly wrappedKey: Uint8Array;
  /** S13: the data key under the wrapping key: 60 bytes. */
  readonly sealedDataKey: Uint8Array;
  readonly materialDescription: MaterialDescription;
}

/**
 * What the metadata of a sealed object say. Nothing in it is secret; what of it counts is authenticated by the content
 * (S21).
 */
export interface SealedEnvelope {
  readonly format: 'sealed';
  readonly contentAlgorithm: ContentAlgorithm;
  /** S10: the first 56 bytes of the body: salt and commitment. */
  readonly head: Uint8Array;
  /** S11: pairs that say what the object is. */
  readonly context: EncryptionContext;
  /** S11: the context as it is stored: the key of the content depends on its very bytes. Undefined for none. */
  readonly contextText: string | undefined;
  /** S12: whether the object opens only under the key that it was stored as. */
  readonly bound: 'key' | 'none';
  readonly recipients: readonly SealedRecipient[];
}

/** The metadata headers of a sealed object. */
export function formatSealedEnvelope(envelope: SealedEnvelope): Record<string, string> {
  const { headers, version } = formats.sealed;
  const { head, contextText, bound, recipients } = envelope;
  // One after the other: V8 makes a literal with computed names slowly.
  const formatted: Record<string, string> = {};
  formatted[headers.format] = version;
  formatted[headers.head] = encodeBase64(head);
  if (contextText !== undefined) formatted[headers.context] = contextText;
  formatted[headers.bound] = bound;
  for (const [index, recipient] of recipients.entries()) {
    formatted[`${headers.key}${index + 1}`] = formatRecipient(recipient);
  }
  return formatted;
}

function formatRecipient(recipient: SealedRecipient): string {
  const { wrapAlgorithm, wrappedKey, sealedDataKey, materialDescription } = recipient;
  const members = [
    `"wrap":${JSON.stringify(wrapAlgorithm)}`,
    `"kek":"${encodeBase64(wrappedKey)}"`,
    `"dek":"${encodeBase64(sealedDataKey)}"`,
  ];
  const description = formatMaterialDescription(materialDescription);
  if (description !== undefined) members.push(`"desc":${description}`);
  return `{${members.join(',')}}`;
}

/** S11: the text of a context as it is stored; undefined for none. */
export function formatContext(context: EncryptionContext): string | undefined {
  return formatMaterialDescription(context);
}
