import type { UnwrappedKey, WrappedKey } from '../contract/key-provider.js';
import { dataKeyBytes } from '../contract/key-provider.js';
import { isBytes } from '../encoding/bytes.js';

// What a provider gives is looked at: a key of text or no wrapped value at all would make an object that nobody can open.

/** Whether a value is a key of the size that all formats have, with what it is wrapped into. */
export function isWrappedKey(value: unknown): value is WrappedKey {
  return isUnwrappedKey(value) && 'wrappedKey' in value && isWrappedValue(value.wrappedKey);
}

/** Whether a value is a key of the size that all formats have. */
export function isUnwrappedKey(value: unknown): value is UnwrappedKey {
  if (!isObject(value) || !('key' in value) || !isObject(value.key) || !('bytes' in value.key)) return false;
  const { bytes } = value.key;
  return isBytes(bytes) && bytes.length === dataKeyBytes;
}

/** Whether a value can stand in an envelope as base64: bytes, and not none. */
export function isWrappedValue(value: unknown): value is Uint8Array {
  return isBytes(value) && value.length > 0;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
