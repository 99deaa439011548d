import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type ProviderSubject, providerCases, selectCases } from '@oss-envelope/conformance';
import type { KeyProvider } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import type { RsaKeyInput } from '../src/keys/rsa-key-input.js';
import { openPublicKey as openOnNode } from '../src/port/node/public-key.js';
import { openPublicKey as openInPage } from '../src/port/web/plain-public-key.js';
import {
  type RsaPublicKeyProviderOptions,
  rsaPublicKeyProviderOn,
} from '../src/provider/rsa-public-key-provider.js';
import { rsaPublicKeyProvider } from '../src/public.js';
import { ports, providerOn } from './ports.js';
import { otherPair, pair } from './sample-pairs.js';

const openers = [
  { name: 'node', openPublicKey: openOnNode },
  { name: 'a page', openPublicKey: openInPage },
] as const;
const reader = providerOn(ports[0]!.port, pair);

async function isRead(writer: KeyProvider): Promise<boolean> {
  const made = await writer.wrapKey({ format: 'sealed' });
  const request = { format: 'sealed', wrapAlgorithm: 'rsa-oaep-sha256', ...made } as const;
  return String((await reader.unwrapKey(request)).key.bytes) === String(made.key.bytes);
}

/** What a provider that cannot write fails with, when it is made or used. */
async function failureOf(make: () => KeyProvider): Promise<unknown> {
  try {
    return await make().wrapKey({ format: 'sealed' });
  } catch (error) {
    return error;
  }
}

describe.each(openers)('the provider of a public key on $name', ({ openPublicKey }) => {
  const writer = (options: RsaPublicKeyProviderOptions) => rsaPublicKeyProviderOn(openPublicKey, options);
  const subject: ProviderSubject = {
    createProvider: () => providerOn(ports[0]!.port, pair),
    createOtherProvider: () => providerOn(ports[0]!.port, otherPair),
    createWriteOnlyProvider: () => writer({ publicKey: pair.publicKey }),
    traits: { opensAsNoise: ['rsa-pkcs1'], derivesSecret: true },
  };
  const writing = selectCases(providerCases, subject).selected.filter(({ name }) =>
    name.includes('only writes'),
  );
  it('has cases to pass', () => expect(writing).toHaveLength(3));
  for (const { name, run } of writing) it(name, () => run(subject));

  it('says what rsaProvider says of a public key, and has no secret to derive', () => {
    const options = {
      publicKey: pair.publicKey,
      padding: 'oaep-sha1',
      materialDescription: { key: '1' },
    } as const;
    const { wraps, unwraps, materialDescription, deriveSecret } = writer(options);
    const expected = providerOn(ports[0]!.port, options);
    expect({ wraps, unwraps, materialDescription }).toEqual({
      wraps: expected.wraps,
      unwraps: expected.unwraps,
      materialDescription: expected.materialDescription,
    });
    expect(deriveSecret).toBeUndefined();
  });

  it('does not unwrap, and says what does', async () => {
    const request = {
      format: 'sealed',
      wrapAlgorithm: 'rsa-oaep-sha256',
      wrappedKey: new Uint8Array(256),
    } as const;
    await expect(writer({ publicKey: pair.publicKey }).unwrapKey(request)).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringContaining('rsaProvider'),
    });
  });

  it('keeps bytes that the caller changes afterwards', async () => {
    const publicKey = new TextEncoder().encode(pair.publicKey);
    const provider = writer({ publicKey });
    publicKey.fill(0);
    expect(await isRead(provider)).toBe(true);
  });

  it('refuses what rsaProvider refuses, in the same words', async () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const spki = (key: typeof small.publicKey): string => String(key.export({ format: 'pem', type: 'spki' }));
    const jwk = createPublicKey(pair.publicKey).export({ format: 'jwk' });
    const even = Buffer.from(jwk.n as string, 'base64url');
    even[even.length - 1]! &= 0xfe;
    const keys: readonly unknown[] = [
      {},
      42,
      'no key',
      pair.privateKey,
      spki(small.publicKey),
      { ...jwk, e: 'Aw' },
      spki(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
      pair.publicKey.replace(/[A-Z](?=.{5}\n)/, '!'),
      { ...jwk, n: even.toString('base64url') },
      { ...jwk, d: 'AQAB' },
      { ...jwk, kty: 'EC' },
      { kty: 'RSA', n: jwk.n },
    ];
    for (const key of keys) {
      const publicKey = key as RsaKeyInput;
      const expected = await failureOf(() => providerOn(ports[1]!.port, { publicKey }));
      expect(expected).toBeInstanceOf(Error);
      expect(await failureOf(() => writer({ publicKey }))).toMatchObject({
        message: (expected as Error).message,
      });
    }
  });

  it('refuses options that it does not have', () => {
    for (const wrong of [
      { privateKey: pair.privateKey },
      { padding: 'none' },
      { randomBytes: 1 },
      { passphrase: 1 },
    ]) {
      expect(() => writer({ publicKey: pair.publicKey, ...wrong } as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    }
  });
});

it('is there under its own name', async () => {
  expect(await isRead(rsaPublicKeyProvider({ publicKey: pair.publicKey }))).toBe(true);
});
