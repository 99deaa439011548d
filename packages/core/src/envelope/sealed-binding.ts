import { type EncryptionContext, type KeyProvider, sealedLabel } from '../contract/key-provider.js';

// What the keys of a sealed object are bound to.

const utf8 = new TextEncoder();
/** S11, of most objects. It is read only. */
const noContext = utf8.encode(`${sealedLabel}\0`);

/** S14: the context of the object, for providers that bind wrapping keys to it. */
export function boundContext(
  provider: KeyProvider,
  context: EncryptionContext,
): { readonly context?: EncryptionContext } {
  return provider.bindsContext === true && Object.keys(context).length > 0 ? { context } : {};
}

/** S11: the context of the key schedule: L, a zero byte, and the header as it is stored. */
export function contextBytes(contextText: string | undefined): Uint8Array {
  return contextText === undefined ? noContext : utf8.encode(`${sealedLabel}\0${contextText}`);
}

/** S12: what the data key is bound to. */
export function bindingOf(bound: 'key' | 'none', objectKey: string): Uint8Array {
  return utf8.encode(`${sealedLabel}\0${bound}\0${bound === 'key' ? objectKey : ''}`);
}
