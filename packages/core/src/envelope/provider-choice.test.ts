import { describe, expect, it } from 'vitest';
import type { KeyProvider } from '../contract/key-provider.js';
import { chooseProvider } from './provider-choice.js';
import { wrapAlgorithmOf } from './wrapping-provider.js';

const writer: KeyProvider = {
  wraps: { sealed: 'rsa-oaep-sha256' },
  unwraps: [],
  materialDescription: {},
  wrapKey: () => Promise.reject(new Error('not asked')),
  unwrapKey: () => Promise.reject(new Error('not asked')),
};
const wrappedFor = (wrapAlgorithm: string) => ({ wrapAlgorithm, materialDescription: {} });

describe('nobody who unwraps', () => {
  it('names each kind of key once, and says what a provider needs to read', () => {
    const candidates = ['rsa-oaep-sha256', 'age', 'rsa-oaep-sha256'].map(wrappedFor);
    expect(() => chooseProvider(candidates, [writer], 'error')).toThrow(
      /can unwrap 'rsa-oaep-sha256' or 'age'\..*secret or identity to otherProviders.*A public key or a recipient only writes/,
    );
  });
});

describe('nobody who wraps', () => {
  it('names the options that are missing', () => {
    expect(() => wrapAlgorithmOf({ ...writer, wraps: {} }, 'sealed')).toThrow(
      /publicKey for RSA, keyId for KMS/,
    );
  });

  it('names the formats that the provider writes', () => {
    const wraps = { 'oss-crypto': 'kms', 'client-side-encryption': 'kms' };
    expect(() => wrapAlgorithmOf({ ...writer, wraps }, 'sealed')).toThrow(
      "cannot write the format 'sealed', only 'oss-crypto' and 'client-side-encryption'. Give",
    );
  });
});
