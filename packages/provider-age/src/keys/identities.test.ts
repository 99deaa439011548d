import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { Decrypter } from 'age-encryption';
import { describe, expect, it, vi } from 'vitest';
import { ageRecipientsOf, generateAgeIdentity } from './age-identity.js';
import { assertUsable, parseIdentities } from './identities.js';

const classic = await generateAgeIdentity({ kind: 'x25519' });
const hybrid = await generateAgeIdentity();
const pair = (await crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits'])) as CryptoKeyPair;
const parse = (input: unknown): readonly unknown[] => parseIdentities('identities', input as string);

describe('identities', () => {
  it.each<[string, unknown, unknown[]]>([
    ['one of X25519', classic.identity, [classic.identity]],
    ['one that is post-quantum', hybrid.identity, [hybrid.identity]],
    [
      'a list of kinds',
      [classic.identity, pair.privateKey, hybrid.identity],
      [classic.identity, pair.privateKey, hybrid.identity],
    ],
    [
      'the text of a file, as age-keygen writes it',
      `# created: 2026-01-01T00:00:00Z\n# public key: ${hybrid.recipient}\n${hybrid.identity}\n`,
      [hybrid.identity],
    ],
  ])('%s', (_, input, expected) => {
    expect(parse(input)).toEqual(expected);
  });

  it('each is checked once, however often it is in a file', () => {
    const checking = vi.spyOn(Decrypter.prototype, 'addIdentity');
    try {
      expect(parse(Array.from({ length: 1000 }, () => hybrid.identity).join('\n'))).toEqual([
        hybrid.identity,
      ]);
      expect(checking).toHaveBeenCalledTimes(1);
    } finally {
      checking.mockRestore();
    }
  });

  // Web Crypto makes none; whoever passes one has made it up.
  const publicWithUse = Object.setPrototypeOf(
    { type: 'public', algorithm: { name: 'X25519' }, usages: ['deriveBits'] },
    CryptoKey.prototype,
  );
  const wrong = classic.identity.slice(0, -1) + (classic.identity.endsWith('Q') ? 'P' : 'Q');
  it.each<[string, unknown, string, RegExp]>([
    ['no text', {}, 'identities', /must be the text/],
    ['undefined in a list', [undefined], 'identities[0]', /must be the text/],
    ['an empty list', [], 'identities', /must not be an empty list/],
    ['an empty text', ' \n', 'identities', /holds no key/],
    ['another last letter', wrong, 'identities', /is not an age identity/],
    ['small letters', hybrid.identity.toLowerCase(), 'identities', /in capitals/],
    [
      'one that was cut',
      ['x', hybrid.identity.slice(0, -9)].slice(1),
      'identities[0]',
      /is not an age identity/,
    ],
    [
      'a line of a file',
      `${classic.identity}\n${wrong}`,
      'identities',
      /has in line 2 what is not an age identity/,
    ],
    ['a recipient', classic.recipient, 'identities', /is a recipient, which cannot open anything/],
    ['a passkey', 'AGE-PLUGIN-FIDO2PRF-1QYPS', 'identities', /pass it as passkey/],
    ['a plugin', 'AGE-PLUGIN-YUBIKEY-1GKPGVQVZXC4E5YGLQ3NEL', 'identities', /plugin/],
    ['an SSH key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n', 'identities', /SSH key/],
    ['an encrypted file', '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n', 'identities', /age -d/],
    ['a public CryptoKey', pair.publicKey, 'identities', /must be the text/],
    ['what a public CryptoKey is not', publicWithUse, 'identities', /must be the text/],
    ['far too many', `${classic.identity}\n`.repeat(1001), 'identities', /is too long for age identities/],
    ...['age1', 'AGE-PLUGIN-FIDO2PRF-1', 'AGE-PLUGIN-', 'ssh-', 'age-encryption.org'].map(
      (beginning): [string, unknown, string, RegExp] => [
        `text that has ${beginning} within`,
        `x ${beginning}`,
        'identities',
        /is not an age identity: /,
      ],
    ),
  ])('refuses %s, and shows nothing of it', (_, input, argument, message) => {
    expect(() => parse(input)).toThrow(InvalidArgumentError);
    expect(() => parse(input)).toThrow(message);
    expect(() => parse(input)).toThrow(expect.objectContaining({ argument }));
    try {
      parse(input);
    } catch (error) {
      expect(`${error} ${JSON.stringify(error)} ${(error as Error).cause}`).not.toContain(
        wrong.slice(20, 40),
      );
      expect(`${error}`).not.toContain(hybrid.identity.slice(25, 45));
    }
  });

  it('are texts where a runtime has no CryptoKey', () => {
    vi.stubGlobal('CryptoKey', undefined);
    try {
      expect(parse(classic.identity)).toEqual([classic.identity]);
      expect(() => parse({})).toThrow(/must be the text/);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('a CryptoKey for another use is refused', async () => {
    const ecdh = (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, [
      'deriveBits',
    ])) as CryptoKeyPair;
    const keyOnly = (await crypto.subtle.generateKey({ name: 'X25519' }, false, [
      'deriveKey',
    ])) as CryptoKeyPair;
    expect(() => parse(ecdh.privateKey)).toThrow(/must be the text/);
    expect(() => parse([keyOnly.privateKey])).toThrow(/identities\[0\] must be the text/);
  });

  it('a key that the runtime cannot use is an error, not an unhandled rejection', async () => {
    // Like the X25519 of Web Crypto where it is missing.
    const useless = Object.setPrototypeOf({ type: 'private' }, CryptoKey.prototype) as CryptoKey;
    await expect(assertUsable([useless])).rejects.toBeInstanceOf(MasterKeyError);
    await assertUsable([hybrid.identity, pair.privateKey]);
  });

  it('give their recipients, in their order', async () => {
    const recipients = await ageRecipientsOf([hybrid.identity, classic.identity]);
    expect(recipients).toEqual([hybrid.recipient, classic.recipient]);
    expect(await ageRecipientsOf(pair.privateKey)).toEqual([expect.stringMatching(/^age1[a-z0-9]{58}$/)]);
    await expect(ageRecipientsOf('x')).rejects.toMatchObject({ argument: 'identities' });
  });

  it('are made fresh, post-quantum unless asked otherwise', async () => {
    const [first, second] = [await generateAgeIdentity(), await generateAgeIdentity()];
    expect(first.identity).toMatch(/^AGE-SECRET-KEY-PQ-1/);
    expect(first.recipient).toMatch(/^age1pq1/);
    expect(second.identity).not.toBe(first.identity);
    expect(classic.identity).toMatch(/^AGE-SECRET-KEY-1/);
    expect((await generateAgeIdentity({ kind: 'hybrid' })).recipient).toMatch(/^age1pq1/);
    for (const [options, argument] of [
      [{ kind: 'rsa' }, 'kind'],
      [{ kid: 'hybrid' }, 'options.kid'],
      [null, 'options'],
    ] as const) {
      await expect(generateAgeIdentity(options as object)).rejects.toMatchObject({ argument });
    }
  });
});
