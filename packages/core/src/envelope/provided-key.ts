import type { UnwrappedKey, WrappedKey } from '../contract/key-provider.js';
import { dataKeyBytes } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { isBytes } from '../encoding/bytes.js';

// What a provider gives is looked at: a key of text or no wrapped value at all would make an object that nobody can open.

/** Whether a value is a key of the size that all formats have, with what it is wrapped into. */
export function isWrappedKey(value: unknown): value is WrappedKey {
  return isUnwrappedKey(value) && 'wrappedKey' in value && isWrappedValue(value.wrappedKey);
}

/** Whether a value is a key of the size that all formats have. */
export function isUnwrappedKey(value: unknown): value is UnwrappedKey {
  return isObject(value) && 'key' in value && isSecretOfKeySize(value.key);
}

/** Whether a value is a secret as long as a key. */
export function isSecretOfKeySize(value: unknown): value is SecretBytes {
  if (!isObject(value) || !('bytes' in value)) return false;
  const { bytes } = value;
  return isBytes(bytes) && bytes.length === dataKeyBytes;
}

/** Whether a value can stand in an envelope as base64: bytes, and not none. */
export function isWrappedValue(value: unknown): value is Uint8Array {
  return isBytes(value) && value.length > 0;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
