import { AlgorithmNotSupportedError, KeyUnwrapError } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import { headerCheck } from './header-check.js';

const stanza = (...args: string[]) => ({ args, body: new Uint8Array() });
const passkey = stanza('age-encryption.org/fido2prf', 'x');
const check =
  (limit: number, ...stanzas: ReturnType<typeof stanza>[]) =>
  () =>
    headerCheck(limit).unwrapFileKey(stanzas as never);

describe('the header of a file', () => {
  it('may ask for work up to the limit', () => {
    expect(check(18, stanza('scrypt', 'salt', '18'))()).toBeNull();
    expect(check(18, stanza('scrypt', 'salt', '19'))).toThrow(AlgorithmNotSupportedError);
    expect(check(18, stanza('scrypt', 'salt', '19'))).toThrow(/above 2\^18\. If you trust whoever wrote it/);
    expect(check(18, stanza('scrypt', 'salt', '018'))()).toBeNull();
  });

  it.each([['x19'], ['19x'], ['-19'], ['']])('that asks for %j is left to the library', (factor) => {
    expect(check(18, stanza('scrypt', 'salt', factor))()).toBeNull();
    expect(check(18, stanza('scrypt', 'salt'))()).toBeNull();
  });

  // S14.
  it('has a passphrase alone, and three passkeys at most', () => {
    expect(check(18, stanza('scrypt', 'salt', '10'), stanza('X25519', 'x'))).toThrow(KeyUnwrapError);
    expect(check(18, stanza('X25519', 'x'), stanza('X25519', 'x'))()).toBeNull();
    expect(check(18, passkey, passkey, passkey)()).toBeNull();
    expect(check(18, passkey, passkey, passkey, passkey)).toThrow(KeyUnwrapError);
  });
});
