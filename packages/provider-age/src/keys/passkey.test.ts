import { AlgorithmNotSupportedError, InvalidArgumentError } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import { createAgePasskey, passkeyUse } from './passkey.js';

describe('a passkey', () => {
  it.each<[string, unknown, string]>([
    ['an identity of another kind', 'AGE-SECRET-KEY-1QQ', 'passkey'],
    ['a text that was cut', 'AGE-PLUGIN-FIDO2PRF-1QYPS', 'passkey'],
    ['an empty text', '', 'passkey'],
    ['an option that is not known', { rpid: 'example.com' }, 'passkey.rpid'],
    ['an empty domain', { rpId: '' }, 'passkey.rpId'],
    ['a list', [], 'passkey'],
  ])('is not %s', (_, input, argument) => {
    const use = (): unknown => passkeyUse(input as string);
    expect(use).toThrow(InvalidArgumentError);
    expect(use).toThrow(expect.objectContaining({ argument }));
  });

  it('is refused where there are none, to make and to use', async () => {
    await expect(createAgePasskey({ name: 'Photos' })).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
    const { recipient, identity } = passkeyUse({});
    await expect(recipient.wrapFileKey(new Uint8Array(16))).rejects.toBeInstanceOf(
      AlgorithmNotSupportedError,
    );
    const stanza = {
      args: ['age-encryption.org/fido2prf', 'AAAAAAAAAAAAAAAAAAAAAA'],
      body: new Uint8Array(32),
    };
    await expect(identity.unwrapFileKey([stanza])).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
  });

  it('is not asked for what it did not wrap', async () => {
    const stanza = { args: ['X25519', 'AAAA'], body: new Uint8Array(32) };
    expect(await passkeyUse({}).identity.unwrapFileKey([stanza])).toBeNull();
  });

  it.each<[string, unknown, string]>([
    ['no options', undefined, 'options'],
    ['no name', {}, 'name'],
    ['another kind', { name: 'x', kind: 'usb' }, 'kind'],
    ['an empty domain', { name: 'x', rpId: '' }, 'rpId'],
  ])('is not made with %s', async (_, options, argument) => {
    await expect(createAgePasskey(options as { name: string })).rejects.toMatchObject({ argument });
  });
});
