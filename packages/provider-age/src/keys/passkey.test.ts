import { createHash } from 'node:crypto';
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

  it('is told from what begins otherwise, and from what is damaged', () => {
    expect(() => passkeyUse('AGE-SECRET-KEY-1QQ')).toThrow(/^passkey must be what createAgePasskey gave/);
    expect(() => passkeyUse('AGE-PLUGIN-FIDO2PRF-1QYPS')).toThrow(/^passkey is damaged, or incomplete/);
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

  interface Question {
    readonly rp?: { readonly id?: string };
    readonly rpId?: string;
    readonly user?: { readonly name: string };
    readonly authenticatorSelection?: { readonly residentKey: string };
  }
  interface Evaluation {
    readonly extensions: { readonly prf: { readonly eval: Record<'first' | 'second', Uint8Array> } };
  }

  /** Whoever is asked, and for what. */
  function browser(failure: unknown) {
    const asked: { publicKey: Question }[] = [];
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
      const { recipient, identity } = passkeyUse({});
      await expect(recipient.wrapFileKey(new Uint8Array(16))).rejects.toMatchObject(expected);
      const stanzas = [
        { args: ['X25519', 'AAAA'], body: new Uint8Array(32) },
        { args: ['age-encryption.org/fido2prf', 'AAAAAAAAAAAAAAAAAAAAAA'], body: new Uint8Array(32) },
      ];
      await expect(identity.unwrapFileKey(stanzas)).rejects.toMatchObject(expected);
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

  it('is a passkey, or a security key where that was asked for', async () => {
    const asked = browser(refused);
    for (const kind of [undefined, 'passkey', 'security-key'] as const) {
      await expect(createAgePasskey({ name: 'Photos', kind })).rejects.toThrow(MasterKeyError);
    }
    const kept = asked.map(({ publicKey }) => publicKey.authenticatorSelection?.residentKey);
    expect(kept).toEqual(['required', 'required', 'discouraged']);
  });

  it('makes a passkey, which wraps a key and unwraps it, with white space around its text', async () => {
    const evaluated = (input: Uint8Array) => createHash('sha256').update(input).digest();
    const get = async ({ publicKey }: { publicKey: Evaluation }) => {
      const { first, second } = publicKey.extensions.prf.eval;
      const results = { first: evaluated(first), second: evaluated(second) };
      return { getClientExtensionResults: () => ({ prf: { results } }) };
    };
    const create = async () => ({
      rawId: new ArrayBuffer(16),
      response: { getTransports: () => ['internal'] },
      getClientExtensionResults: () => ({ prf: { enabled: true } }),
    });
    vi.stubGlobal('navigator', { credentials: { create, get } });
    const passkey = await createAgePasskey({ name: 'Photos', rpId: 'example.com' });
    expect(passkey).toMatch(/^AGE-PLUGIN-FIDO2PRF-1[A-Z0-9]+$/);
    const { recipient, identity } = passkeyUse(` ${passkey}\n`);
    const fileKey = new Uint8Array(16).fill(7);
    const stanzas = await recipient.wrapFileKey(fileKey);
    expect(stanzas.map(({ args }) => args[0])).toEqual(['age-encryption.org/fido2prf']);
    expect(await identity.unwrapFileKey(stanzas)).toEqual(fileKey);
    await expect(createAgePasskey({ name: 'Photos', rpId: 'example.com' })).resolves.toBe(passkey);
  });

  it('is not asked the next question before the last one is answered', async () => {
    const asked: string[] = [];
    let answer = (_: Error): void => {};
    const create = ({ publicKey }: { publicKey: { user: { name: string } } }) => {
      asked.push(publicKey.user.name);
      return new Promise((_, reject) => {
        answer = reject;
      });
    };
    vi.stubGlobal('navigator', { credentials: { create } });
    const both = ['a', 'b'].map((name) => createAgePasskey({ name }).catch((error: unknown) => error));
    const turns = () => new Promise((resolve) => setImmediate(resolve));
    await turns();
    expect(asked).toEqual(['a']);
    answer(refused);
    await both[0];
    await turns();
    expect(asked).toEqual(['a', 'b']);
    answer(refused);
    await both[1];
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
