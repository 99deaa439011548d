// The attacker runs another key: weak ones that a writer is talked into, false key services, and oracles over yours.
import { constants, createPublicKey, publicEncrypt, randomBytes, randomInt } from 'node:crypto';
import { EncryptedBucket, type KeyProvider } from '@oss-envelope/core';
import { decodeBase64Url, encodeBase64Url } from '@oss-envelope/core/adapter';
import { defaultKmsAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf, plant, steal } from '../support/attacker.js';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const pair = await rsaPair();
const otherPair = await rsaPair(1);
const bucketOf = (provider: KeyProvider, options: object = {}): EncryptedBucket =>
  new EncryptedBucket({ transport: transports[1]![1](world), provider, format: 'sealed', ...options });

describe('an RSA key that gives away what it wraps', () => {
  const good = createPublicKey(pair.publicKey).export({ format: 'jwk' }) as { n: string; e: string };
  const modulus = BigInt(`0x${Buffer.from(decodeBase64Url(good.n)!).toString('hex')}`);
  const encoded = (value: bigint): string => {
    const hex = value.toString(16);
    return encodeBase64Url(
      Uint8Array.from(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')),
    );
  };
  const jwk = (n: bigint, e: bigint) => ({ kty: 'RSA', n: encoded(n), e: encoded(e) });
  it.each([
    ['e = 0', jwk(modulus, 0n)],
    ['e = 1, which encrypts nothing', jwk(modulus, 1n)],
    ['e = 2', jwk(modulus, 2n)],
    ['e = 3, which roots may open', jwk(modulus, 3n)],
    ['e = n - 1', jwk(modulus, modulus - 1n)],
    ['an even modulus', jwk(modulus - 1n, 65_537n)],
    ['a power of two as modulus', jwk(1n << 2047n, 65_537n)],
    ['a modulus with the factor 3', jwk(modulus - (modulus % 6n) + 3n, 65_537n)],
    ['a modulus of 1,024 bits', jwk((1n << 1023n) + 1n, 65_537n)],
    ['a modulus of 16,400 bits', jwk((1n << 16_399n) + 1n, 65_537n)],
  ])('holds: no object is written under a key with %s', async (_, publicKey) => {
    for (const format of ['sealed', 'oss-crypto', 'client-side-encryption'] as const) {
      const write = async () => bucketOf(rsaProvider({ publicKey }), { format }).put('k', 'content');
      await expect(write()).rejects.toMatchObject({ code: 'ERR_MASTER_KEY' });
    }
    expect(world.oss.requests.list()).toEqual([]);
  });
});

describe('an oracle over your key', () => {
  // RFC 8017 §7.2.2: the ways in which PKCS#1 v1.5 padding is wrong.
  const size = 256;
  const block = (change: (bytes: Buffer) => void, message = randomBytes(32)): Buffer => {
    const bytes = Buffer.alloc(size, 0xaa);
    bytes.set([0, 2]);
    bytes[size - message.length - 1] = 0;
    message.copy(bytes, size - message.length);
    change(bytes);
    return bytes;
  };
  const wrongs: readonly (readonly [string, () => Buffer])[] = [
    ['another first byte', () => block((bytes) => void bytes.writeUInt8(1, 0))],
    ['another block type', () => block((bytes) => void bytes.writeUInt8(1, 1))],
    ['no end of the padding', () => block((bytes) => void bytes.fill(randomInt(1, 256), 2))],
    ['a padding of 7 bytes', () => block((bytes) => void bytes.writeUInt8(0, 9))],
    ['a key of 31 bytes', () => block(() => {}, randomBytes(31))],
    ['a key of 33 bytes', () => block(() => {}, randomBytes(33))],
    ['no key', () => block(() => {}, Buffer.alloc(0))],
  ];
  it.each(wrongs)('holds: PKCS#1 v1.5 with %s is told from no other wrong padding', async (_, encoded) => {
    const bucket = bucketOf(rsaProvider(pair), { format: 'client-side-encryption' });
    await bucket.put('k', 'content');
    const stolen = await steal(world.oss, 'k');
    const key = 'x-oss-meta-client-side-encryption-key';
    expect(stolen.metadata[key]).toBeDefined();
    const wrapped = (): Buffer =>
      publicEncrypt({ key: pair.publicKey, padding: constants.RSA_NO_PADDING }, encoded());
    const anything = (): Buffer => Buffer.concat([Buffer.of(0), randomBytes(size - 1)]);
    /** What comes of a wrong key that is refused. One of some 250 gives bytes of a key's length, and passes for one. */
    const refusalOf = async (make: () => Buffer): Promise<string> => {
      await plant(world.oss, 'k', stolen, { [key]: make().toString('base64') });
      const { code, message, bytes } = await outcomeOf(() => bucket.get('k'));
      expect(bytes.toString('latin1')).not.toBe('content');
      return code === 'none' ? refusalOf(make) : `${code} ${message}`;
    };
    const refusal = await refusalOf(wrapped);
    expect(refusal).toMatch(/^ERR_KEY_UNWRAP_FAILED/);
    expect(await refusalOf(anything)).toBe(refusal);
  });

  it('holds: whatever is wrong with what an OAEP key unwraps, the error is the same', async () => {
    const bucket = bucketOf(rsaProvider(pair), { format: 'oss-crypto' });
    await bucket.put('k', 'content');
    const stolen = await steal(world.oss, 'k');
    const oaep = { key: pair.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING };
    const messages = new Set<string>();
    for (const value of [
      randomBytes(256),
      Buffer.alloc(256),
      Buffer.alloc(256, 255),
      randomBytes(255),
      randomBytes(1),
      publicEncrypt({ ...oaep, oaepHash: 'sha256' }, randomBytes(32)),
      publicEncrypt({ ...oaep, oaepHash: 'sha1' }, randomBytes(31)),
      publicEncrypt({ key: otherPair.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, randomBytes(32)),
    ]) {
      await plant(world.oss, 'k', stolen, { 'x-oss-meta-oss-crypto-key': value.toString('base64') });
      const { code, message } = await outcomeOf(() => bucket.get('k'));
      expect(code).toBe('ERR_KEY_UNWRAP_FAILED');
      messages.add(message);
    }
    expect([...messages]).toHaveLength(1);
  });

  it('holds: keys are not tried: an object of another description asks no key', async () => {
    const asked: string[] = [];
    const counting = (name: string): KeyProvider => {
      const provider = rsaProvider({ ...pair, materialDescription: { name } });
      const unwrapKey: KeyProvider['unwrapKey'] = (request) => {
        asked.push(name);
        return provider.unwrapKey(request);
      };
      return { ...provider, unwrapKey };
    };
    const strangers = rsaProvider({ publicKey: pair.publicKey, materialDescription: { name: 'third' } });
    for (const format of ['sealed', 'oss-crypto'] as const) {
      await bucketOf(strangers, { format }).put('k', 'content');
      const reader = bucketOf(counting('one'), { format, otherProviders: [counting('two')] });
      await expect(reader.get('k')).rejects.toMatchObject({ code: 'ERR_NO_MATCHING_KEY' });
      expect(asked).toEqual([]);
      await bucketOf(counting('two'), { format }).put('k', 'content');
      await (await reader.get('k')).bytes();
      expect(asked.splice(0)).toEqual(['two']);
    }
  });

  it('holds: who has the public key alone reads nothing', async () => {
    await bucketOf(rsaProvider(pair)).put('k', 'content');
    const writer = bucketOf(rsaProvider({ publicKey: pair.publicKey }));
    await expect(writer.get('k')).rejects.toMatchObject({ code: 'ERR_NO_MATCHING_KEY' });
  });
});

describe.each([
  ['@alicloud/kms20160120', kmsProvider],
  ['signed fetch', kmsFetchProvider],
] as const)('a key service, over %s', (_, make) => {
  let kms: LocalKms;
  let [mine, strangers] = ['', ''];
  beforeAll(async () => {
    kms = await startKms();
    mine = await kms.createKey({});
    strangers = await kms.createKey({});
  });
  afterAll(() => kms.close());
  const providerOf = (options: object): KeyProvider =>
    make({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId: mine, ...options });

  it('holds: that opens with another key than the one that is expected is refused', async () => {
    await bucketOf(providerOf({ keyId: strangers })).put('k', 'content');
    const { code, bytes } = await outcomeOf(() => bucketOf(providerOf({})).get('k'));
    expect({ code, bytes }).toEqual({ code: 'ERR_KEY_UNWRAP_FAILED', bytes: Buffer.of() });
    expect(await (await bucketOf(providerOf({ keyIds: [mine, strangers] })).get('k')).text()).toBe('content');
  });

  it('cannot hold: which key opened is not known where any may', async () => {
    await bucketOf(providerOf({ keyId: strangers })).put('k', 'content');
    expect(await (await bucketOf(providerOf({ keyIds: 'any' })).get('k')).text()).toBe('content');
  });

  it('holds: pairs of its context that belong to this project cannot be given', async () => {
    for (const name of ['oss-envelope', 'oss-envelope-more']) {
      const write = async () =>
        bucketOf(providerOf({ encryptionContext: { [name]: 'oss-crypto' } })).put('k', 'content');
      await expect(write()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    }
  });

  it('holds: the context of one provider does not open what another wrote', async () => {
    await bucketOf(providerOf({ encryptionContext: { tenant: '7' } })).put('k', 'content');
    const other = bucketOf(providerOf({ encryptionContext: { tenant: '8' } }));
    expect((await outcomeOf(() => other.get('k'))).code).toMatch(
      /^ERR_(KEY_UNWRAP_FAILED|NO_MATCHING_KEY|SERVICE)$/,
    );
  });
});
