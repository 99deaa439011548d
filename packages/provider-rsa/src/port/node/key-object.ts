import { KeyObject } from 'node:crypto';
import { doesNotParse, notRsa } from '../../keys/key-errors.js';
import type { KeyHalf } from '../../keys/key-half.js';
import { assertKeyHalf, type RuntimeKey } from '../../keys/key-material.js';

// What both halves of a pair need of node:crypto.

/** The KeyObject of a key that lives in the runtime. */
export function importRuntimeKey(material: RuntimeKey): KeyObject {
  return material.kind === 'key-object'
    ? (material.key as KeyObject)
    : KeyObject.from(material.key as Parameters<typeof KeyObject.from>[0]);
}

/**
 * The key that OpenSSL reads. Its own message is dropped: it does not say what to do, and a `cause` travels into logs.
 *
 * @throws MasterKeyError
 */
export function parsed(
  half: KeyHalf,
  parse: () => KeyObject,
  failure: (half: KeyHalf) => Error = doesNotParse,
): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    throw failure(half);
  }
  assertKeyHalf(half, key.type);
  if (key.asymmetricKeyType !== 'rsa') throw notRsa(half);
  return key;
}
