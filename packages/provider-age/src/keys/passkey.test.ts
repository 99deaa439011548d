import { AlgorithmNotSupportedError, InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
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

describe('what a browser says', () => {
  afterEach(() => void vi.unstubAllGlobals());

  /** Whoever is asked, and for what. */
  function browser(failure: unknown) {
    const asked: { publicKey: { rp?: { id?: string }; rpId?: string; user?: { name: string } } }[] = [];
    const answer = async (options: (typeof asked)[number]): Promise<never> => {
      asked.push(options);
      throw failure;
    };
    vi.stubGlobal('navigator', { credentials: { create: answer, get: answer } });
    return asked;
  }
  const refused = new DOMException('no', 'NotAllowedError');

  it('of a refusal is a MasterKeyError, of a lack of PRF an AlgorithmNotSupportedError', async () => {
    const other = new Error('something else');
    for (const [failure, expected] of [
      [refused, { code: 'ERR_MASTER_KEY', message: expect.stringContaining('NotAllowedError') }],
      [new Error('PRF extension is not there'), { code: 'ERR_ALGORITHM_NOT_SUPPORTED' }],
      [other, { message: 'something else' }],
    ] as const) {
      browser(failure);
      await expect(createAgePasskey({ name: 'Photos' })).rejects.toMatchObject(expected);
      await expect(passkeyUse({}).recipient.wrapFileKey(new Uint8Array(16))).rejects.toMatchObject(expected);
    }
    browser('no error');
    await expect(createAgePasskey({ name: 'Photos' })).rejects.toBe('no error');
  });

  it('is asked for the domain that was given, and else for that of the page', async () => {
    for (const rpId of ['example.com', undefined]) {
      const asked = browser(refused);
      await expect(createAgePasskey({ name: 'Photos', rpId })).rejects.toThrow(MasterKeyError);
      await expect(createAgePasskey({ name: 'Photos', rpId, kind: 'security-key' })).rejects.toThrow();
      const { recipient } = passkeyUse({ rpId });
      await expect(recipient.wrapFileKey(new Uint8Array(16))).rejects.toThrow(MasterKeyError);
      expect(asked).toHaveLength(3);
      expect(asked.slice(0, 2).map(({ publicKey }) => publicKey.rp?.id)).toEqual([rpId, rpId]);
      expect(asked[0]?.publicKey.user?.name).toBe('Photos');
      expect(asked[2]?.publicKey.rpId).toBe(rpId);
    }
  });

  it('is asked one question at a time, and the next one after a refusal', async () => {
    const asked = browser(refused);
    const both = [createAgePasskey({ name: 'a' }), createAgePasskey({ name: 'b' })];
    await expect(both[0]).rejects.toThrow(MasterKeyError);
    await expect(both[1]).rejects.toThrow(MasterKeyError);
    expect(asked).toHaveLength(2);
  });

  it('is nothing where a page has no passkeys', async () => {
    vi.stubGlobal('navigator', {});
    await expect(createAgePasskey({ name: 'a' })).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
  });
});
