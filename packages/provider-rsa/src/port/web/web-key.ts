import { isPromise } from '@oss-envelope/core/adapter';
import { doesNotParse } from '../../keys/key-errors.js';
import type { KeyHalf, KeyRole } from '../../keys/key-half.js';
import type { Awaitable } from '../rsa-port.js';
import { type OaepAlgorithm, oaepKeys } from './oaep.js';

// What both halves of a pair need of Web Crypto.

/** What is known at once is used, and so checked, at once. */
export function whenKnown<T, U>(value: Awaitable<T>, use: (value: T) => U): Awaitable<U> {
  return isPromise(value) ? value.then(use) : use(value);
}

/** Makes a value at first use and keeps it. A failure is not kept. */
export function kept<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= make().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

/** `kept` for each hash: in Web Crypto it belongs to the key. */
export function keptForEach(
  make: (algorithm: OaepAlgorithm) => Promise<CryptoKey>,
): (algorithm: OaepAlgorithm) => Promise<CryptoKey> {
  const keys = {
    'rsa-oaep-sha1': kept(() => make('rsa-oaep-sha1')),
    'rsa-oaep-sha256': kept(() => make('rsa-oaep-sha256')),
  };
  return (algorithm) => keys[algorithm]();
}

/** Imports a key for one hash and one use. @throws MasterKeyError when the runtime refuses it */
export async function importKey(
  half: { readonly role: KeyRole },
  jwk: JsonWebKey,
  algorithm: OaepAlgorithm,
  use: 'encrypt' | 'decrypt',
): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('jwk', jwk, oaepKeys[algorithm], false, [use]);
  } catch {
    throw doesNotParse(half);
  }
}

/** The numbers, if there are some. @throws MasterKeyError */
export function known<T>(half: KeyHalf, components: T | undefined): T {
  if (components === undefined) throw doesNotParse(half);
  return components;
}
