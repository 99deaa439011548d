import { type KeyProvider, MasterKeyError } from '@oss-envelope/core';
import { assertOptions, isPromise } from '@oss-envelope/core/adapter';
import { openPublicKey as defaultOpen } from '#rsa-public-key';
import { assertSoundKey } from '../keys/rsa-key-check.js';
import type { RsaKeyInput } from '../keys/rsa-key-input.js';
import type { OpenPublicKey, RsaPublicKey } from '../port/rsa-port.js';
import {
  checkedWrapping,
  type RsaWrappingOptions,
  rsaWrapping,
  wrappingOptionNames,
} from './rsa-wrapping.js';

/** What `rsaPublicKeyProvider` takes. */
export interface RsaPublicKeyProviderOptions extends RsaWrappingOptions {
  /** Wraps. */
  readonly publicKey: RsaKeyInput;
}

/**
 * Wraps data keys with a public RSA key, for programs that only write: what `rsaProvider({ publicKey })` gives, but a
 * bundle with it holds nothing that opens a private key or unwraps.
 *
 * @example
 * const provider = rsaPublicKeyProvider({ publicKey });
 * provider.unwraps; // => []
 *
 * @throws as `rsaProvider`. Outside Node, what is wrong with a key rejects at its first use instead: a page loads what
 * reads unusual forms and explains broken ones when it is given one.
 */
export function rsaPublicKeyProvider(options: RsaPublicKeyProviderOptions): KeyProvider {
  return rsaPublicKeyProviderOn(defaultOpen, options);
}

/** `rsaPublicKeyProvider` on a given runtime's RSA. */
export function rsaPublicKeyProviderOn(
  openPublicKey: OpenPublicKey,
  options: RsaPublicKeyProviderOptions,
): KeyProvider {
  assertOptions('options', options, ['publicKey', ...wrappingOptionNames]);
  const checked = checkedWrapping(options);
  const opened = openPublicKey(options.publicKey, checked);
  const key = isPromise(opened) ? opened.then(sound) : sound(opened);
  // Each call of the provider awaits it too, and gets the reason then.
  if (isPromise(key)) key.catch(() => {});
  return {
    materialDescription: checked.materialDescription,
    unwraps: [],
    ...rsaWrapping(checked, () => key),
    async unwrapKey() {
      throw new MasterKeyError(
        'This provider holds a public key only, which writes. To read, make one with rsaProvider, and pass it the privateKey.',
      );
    },
  };
}

function sound(key: RsaPublicKey): RsaPublicKey {
  assertSoundKey('publicKey', key);
  return key;
}
