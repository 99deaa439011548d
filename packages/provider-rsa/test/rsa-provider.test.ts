import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyExportOptions,
  KeyObject,
} from 'node:crypto';
import { inspect } from 'node:util';
import { KeyUnwrapError, MasterKeyError, SecretBytes, type WrapAlgorithm } from '@oss-envelope/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rsaProvider } from '../src/index.js';
import type { RsaKeyInput } from '../src/keys/rsa-key-input.js';
import { rsaProviderOn } from '../src/provider/rsa-provider.js';
import { ports, providerOn } from './ports.js';
import { otherPair, pair } from './sample-pairs.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const passphrase = 'correct horse';
const nodePublic = createPublicKey(pair.publicKey);
const nodePrivate = createPrivateKey(pair.privateKey);
const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 1024 });

const pem = (
  key: KeyObject,
  type: 'pkcs1' | 'pkcs8' | 'spki' | 'sec1',
  encryption: { readonly cipher?: string; readonly passphrase?: string } = {},
): string => String(key.export({ format: 'pem', type, ...encryption } as KeyExportOptions<'pem'>));
const oaep = { name: 'RSA-OAEP', hash: 'SHA-1' };
const publicJwk = nodePublic.export({ format: 'jwk' });
const privateJwk = nodePrivate.export({ format: 'jwk' });
const importPublic = (algorithm: RsaHashedImportParams, extractable: boolean): Promise<CryptoKey> =>
  crypto.subtle.importKey('jwk', publicJwk, algorithm, extractable, [
    algorithm.name === 'RSA-OAEP' ? 'encrypt' : 'verify',
  ]);
const importPrivate = (algorithm: RsaHashedImportParams, extractable: boolean): Promise<CryptoKey> =>
  crypto.subtle.importKey('jwk', privateJwk, algorithm, extractable, [
    algorithm.name === 'RSA-OAEP' ? 'decrypt' : 'sign',
  ]);

const publicForms: readonly (readonly [string, RsaKeyInput])[] = [
  ['SPKI', pair.publicKey],
  ['PKCS#1', pem(nodePublic, 'pkcs1')],
  ['PEM with other line ends', pair.publicKey.replaceAll('\n', '\r\n')],
  ['PEM with text around it', `A key.\n${pair.publicKey}And more.\n`],
  ['JWK', publicJwk],
  ['KeyObject', nodePublic],
  ['CryptoKey', await importPublic(oaep, true)],
  ['CryptoKey for signatures', await importPublic({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, true)],
];
const privateForms: readonly (readonly [string, RsaKeyInput])[] = [
  ['PKCS#8', pair.privateKey],
  ['PKCS#1', pem(nodePrivate, 'pkcs1')],
  ['encrypted PKCS#8', pem(nodePrivate, 'pkcs8', { cipher: 'aes-256-cbc', passphrase })],
  ['encrypted PKCS#8, AES-128', pem(nodePrivate, 'pkcs8', { cipher: 'aes-128-cbc', passphrase })],
  ['JWK', privateJwk],
  ['KeyObject', nodePrivate],
  ['CryptoKey', await importPrivate(oaep, true)],
  ['CryptoKey for signatures', await importPrivate({ name: 'RSA-PSS', hash: 'SHA-512' }, true)],
];

const aesKey = await crypto.subtle.generateKey({ name: 'AES-CTR', length: 256 }, true, ['encrypt']);
const sealedSha256Key = await importPublic({ name: 'RSA-OAEP', hash: 'SHA-256' }, false);
const sealedPssKey = await importPrivate({ name: 'RSA-PSS', hash: 'SHA-1' }, false);

const writer = (port = ports[0]!.port, padding: 'pkcs1' | 'oaep-sha1' = 'pkcs1') =>
  providerOn(port, { publicKey: pair.publicKey, padding });
const start = Uint8Array.from({ length: 16 }, (_, index) => index);
const current = 'client-side-encryption';

async function wrapped(padding: 'pkcs1' | 'oaep-sha1') {
  const { key, ...rest } = await writer(undefined, padding).wrapKey({ format: current, start });
  const wrapAlgorithm: WrapAlgorithm = padding === 'pkcs1' ? 'rsa-pkcs1' : 'rsa-oaep-sha1';
  return { key, request: { format: current, wrapAlgorithm, ...rest } as const };
}
const samples = { pkcs1: await wrapped('pkcs1'), 'oaep-sha1': await wrapped('oaep-sha1') };

test('says what it serves', () => {
  const both = rsaProvider({ ...pair, materialDescription: { key: '1' } });
  expect(both.materialDescription).toEqual({ key: '1' });
  expect(both.wraps).toEqual({
    sealed: 'rsa-oaep-sha256',
    'oss-crypto': 'rsa-oaep-sha1',
    'client-side-encryption': 'rsa-pkcs1',
  });
  expect(both.unwraps).toEqual(['rsa-oaep-sha256', 'rsa-oaep-sha1', 'rsa-pkcs1']);
  expect(rsaProvider({ ...pair, padding: 'oaep-sha1' }).wraps).toEqual({
    sealed: 'rsa-oaep-sha256',
    'oss-crypto': 'rsa-oaep-sha1',
    'client-side-encryption': 'rsa-oaep-sha1',
  });
  const publicOnly = rsaProvider({ publicKey: pair.publicKey });
  expect([publicOnly.materialDescription, publicOnly.unwraps]).toEqual([{}, []]);
  expect(rsaProvider({ privateKey: pair.privateKey }).wraps).toEqual({});
});

describe.each(ports.flatMap((from) => ports.map((to) => ({ from, to }))))(
  'wrapped on $from.name, unwrapped on $to.name',
  ({ from, to }) => {
    test.each([
      ['oss-crypto', 'pkcs1', 'rsa-oaep-sha1'],
      ['client-side-encryption', 'pkcs1', 'rsa-pkcs1'],
      ['client-side-encryption', 'oaep-sha1', 'rsa-oaep-sha1'],
    ] as const)('%s, padding %s', async (format, padding, wrapAlgorithm) => {
      const wrapping = providerOn(from.port, { publicKey: pair.publicKey, padding });
      const unwrapping = providerOn(to.port, { privateKey: pair.privateKey });
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 256 - 42 }), async (startBytes) => {
          const made = await wrapping.wrapKey({ format, start: startBytes });
          expect(made.key.bytes.length).toBe(32);
          expect([made.wrappedKey.length, made.wrappedStart?.length]).toEqual([256, 256]);
          const { key, start: opened } = await unwrapping.unwrapKey({
            format,
            wrapAlgorithm,
            ...made,
          });
          expect(key.bytes).toEqual(made.key.bytes);
          expect(opened).toEqual(startBytes);
          expect(Object.getPrototypeOf(opened)).toBe(Uint8Array.prototype);
        }),
        { numRuns: 8 },
      );
    });
  },
);

describe.each(ports)('on the $name port', ({ name, port }) => {
  test.each(publicForms)('wraps with a public key as %s', async (_, publicKey) => {
    const reader = providerOn(ports[0]!.port, { privateKey: pair.privateKey });
    for (const padding of ['pkcs1', 'oaep-sha1'] as const) {
      const provider = providerOn(port, { publicKey, padding });
      const made = await provider.wrapKey({ format: current, start });
      const wrapAlgorithm = provider.wraps[current]!;
      const opened = await reader.unwrapKey({ format: current, wrapAlgorithm, ...made });
      expect(opened.key.bytes).toEqual(made.key.bytes);
      expect(opened.start).toEqual(start);
    }
  });

  test.each(privateForms)('unwraps with a private key as %s', async (_, privateKey) => {
    const provider = providerOn(port, { publicKey: pair.publicKey, privateKey, passphrase });
    for (const { key, request } of Object.values(samples)) {
      const opened = await provider.unwrapKey(request);
      expect(opened.key.bytes).toEqual(key.bytes);
      expect(opened.start).toEqual(start);
    }
  });

  test('uses keys that are not extractable for OAEP, and refuses them for PKCS#1 v1.5', async () => {
    const provider = providerOn(port, {
      publicKey: await importPublic(oaep, false),
      privateKey: await importPrivate(oaep, false),
    });
    const made = await provider.wrapKey({ format: 'oss-crypto', start: text('3') });
    const request = { format: 'oss-crypto', wrapAlgorithm: 'rsa-oaep-sha1', ...made } as const;
    expect((await provider.unwrapKey(request)).key.bytes).toEqual(made.key.bytes);
    const refusal = { code: 'ERR_ALGORITHM_NOT_SUPPORTED', message: /not extractable/ };
    await expect(provider.wrapKey({ format: current, start })).rejects.toMatchObject(refusal);
    await expect(provider.unwrapKey(samples.pkcs1.request)).rejects.toMatchObject(refusal);
    for (const bytes of [made.wrappedKey.subarray(1), new Uint8Array(256)]) {
      await expect(provider.unwrapKey({ ...request, wrappedKey: bytes })).rejects.toThrow(KeyUnwrapError);
    }
  });

  // A5.
  test('does not unwrap OAEP with another key, or anything changed', async () => {
    const { request } = samples['oaep-sha1'];
    const expected = { name: 'KeyUnwrapError', message: new KeyUnwrapError().message };
    const provider = providerOn(port, { privateKey: pair.privateKey });
    const stranger = providerOn(port, { privateKey: otherPair.privateKey });
    const failures = [await stranger.unwrapKey(request).catch((error: unknown) => error)];
    const field = fc.constantFrom('wrappedKey' as const, 'wrappedStart' as const);
    await fc.assert(
      fc.asyncProperty(field, fc.nat(255), fc.nat(7), async (which, at, bit) => {
        const changed = Uint8Array.from(request[which]!);
        changed[at]! ^= 1 << bit;
        failures.push(await provider.unwrapKey({ ...request, [which]: changed }).catch((error) => error));
      }),
      { numRuns: 20 },
    );
    expect(failures.length).toBeGreaterThanOrEqual(21);
    for (const failure of failures) {
      expect(failure).toMatchObject(expected);
      expect(Object.hasOwn(failure as object, 'cause')).toBe(false);
    }
  });

  // C5.
  test('gives synthetic bytes for PKCS#1 v1.5 with another key, or anything changed, always the same', async () => {
    const { key, request } = samples.pkcs1;
    const provider = providerOn(port, { privateKey: pair.privateKey });
    const stranger = providerOn(port, { privateKey: otherPair.privateKey });
    // A ciphertext that is not below the modulus is public knowledge, and an error.
    const outcome = async (promise: ReturnType<typeof provider.unwrapKey>): Promise<string> => {
      const result = await promise.catch((error: unknown) => error);
      if (result instanceof KeyUnwrapError) return 'refused';
      return Buffer.from((result as Awaited<typeof promise>).key.bytes).toString('hex');
    };
    const mine = Buffer.from(key.bytes).toString('hex');
    const foreign = await outcome(stranger.unwrapKey(request));
    expect(foreign).not.toBe(mine);
    expect(await outcome(stranger.unwrapKey(request))).toBe(foreign);
    await fc.assert(
      fc.asyncProperty(fc.nat(255), fc.nat(7), async (at, bit) => {
        const wrappedKey = Uint8Array.from(request.wrappedKey);
        wrappedKey[at]! ^= 1 << bit;
        const changed = await outcome(provider.unwrapKey({ ...request, wrappedKey }));
        expect(changed).not.toBe(mine);
        const again = providerOn(ports[0]!.port, { privateKey: pair.privateKey });
        expect(await outcome(again.unwrapKey({ ...request, wrappedKey }))).toBe(changed);
      }),
      { numRuns: 10 },
    );
  });

  test.each(['pkcs1', 'oaep-sha1'] as const)(
    'refuses wrapped bytes of another length (%s)',
    async (padding) => {
      const { request } = samples[padding];
      const provider = providerOn(port, { privateKey: pair.privateKey });
      const whole = request.wrappedKey;
      const longer = Uint8Array.from([0, ...whole]);
      for (const wrappedKey of [new Uint8Array(0), whole.subarray(1), whole.subarray(0, 255), longer]) {
        await expect(provider.unwrapKey({ ...request, wrappedKey })).rejects.toThrow(KeyUnwrapError);
        await expect(provider.unwrapKey({ ...request, wrappedStart: wrappedKey })).rejects.toThrow(
          KeyUnwrapError,
        );
      }
      const above = new Uint8Array(256).fill(255);
      await expect(provider.unwrapKey({ ...request, wrappedKey: above })).rejects.toThrow(KeyUnwrapError);
    },
  );

  test('refuses a wrapped key that lost its leading zero, in every form of key', async () => {
    const keys = [
      { publicKey: pair.publicKey, privateKey: pair.privateKey },
      { publicKey: await importPublic(oaep, false), privateKey: await importPrivate(oaep, false) },
    ];
    for (const key of keys) {
      const provider = providerOn(port, key);
      let made: Awaited<ReturnType<typeof provider.wrapKey>>;
      do made = await provider.wrapKey({ format: 'oss-crypto' });
      while (made.wrappedKey[0] !== 0);
      const request = { format: 'oss-crypto', wrapAlgorithm: 'rsa-oaep-sha1', ...made } as const;
      expect((await provider.unwrapKey(request)).key.bytes).toEqual(made.key.bytes);
      const wrappedKey = made.wrappedKey.subarray(1);
      await expect(provider.unwrapKey({ ...request, wrappedKey })).rejects.toThrow(KeyUnwrapError);
    }
  });

  test('takes the data key from the given source, and a fresh one each time from its own', async () => {
    const fixed = providerOn(port, {
      publicKey: pair.publicKey,
      randomBytes: (n) => new Uint8Array(n).fill(7),
    });
    const made = await fixed.wrapKey({ format: current, start });
    expect(made.key.bytes).toEqual(new Uint8Array(32).fill(7));
    const own = providerOn(port, { publicKey: pair.publicKey });
    const [a, b] = await Promise.all([1, 2].map(() => own.wrapKey({ format: current, start })));
    expect(a!.key.bytes).not.toEqual(b!.key.bytes);
    const short = providerOn(port, { publicKey: pair.publicKey, randomBytes: () => new Uint8Array(31) });
    await expect(short.wrapKey({ format: current, start })).rejects.toMatchObject({
      argument: 'randomBytes',
    });
  });

  test('refuses a start value that does not fit', async () => {
    await expect(
      writer(port).wrapKey({ format: current, start: new Uint8Array(256 - 41) }),
    ).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE', argument: 'start' });
  });

  test('stops when it is told to', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const provider = providerOn(port, pair);
    await expect(provider.wrapKey({ format: current, start, signal })).rejects.toBe(reason);
    await expect(provider.unwrapKey({ ...samples.pkcs1.request, signal })).rejects.toBe(reason);
  });

  test('reads with a small key on request only, and never writes with one', async () => {
    const keys = { publicKey: pem(small.publicKey, 'spki'), privateKey: pem(small.privateKey, 'pkcs8') };
    const refusal = { code: 'ERR_MASTER_KEY', message: /1024 bits/ };
    for (const allowSmallKeysForReading of [false, true]) {
      const provider = providerOn(port, { ...keys, allowSmallKeysForReading });
      await expect(provider.wrapKey({ format: current, start })).rejects.toMatchObject(refusal);
    }
    const key = await port.openPublicKey(keys.publicKey, {
      passphrase: undefined,
      randomBytes: (lengthBytes) => crypto.getRandomValues(new Uint8Array(lengthBytes)),
    });
    for (const wrapAlgorithm of ['rsa-oaep-sha1', 'rsa-pkcs1'] as const) {
      const bytes = await key.wrap(wrapAlgorithm, start);
      const request = { format: current, wrapAlgorithm, wrappedKey: bytes, wrappedStart: bytes } as const;
      await expect(providerOn(port, keys).unwrapKey(request)).rejects.toMatchObject(refusal);
      const opened = await providerOn(port, { ...keys, allowSmallKeysForReading: true }).unwrapKey(request);
      expect(opened.start).toEqual(start);
    }
  });

  const broken = (pem: string): string => pem.replace(/[A-Za-z0-9+/]{20}\n/, '\n');
  const encrypted = pem(nodePrivate, 'pkcs8', { cipher: 'aes-256-cbc', passphrase });
  const legacy = pem(nodePrivate, 'pkcs1', { cipher: 'des-ede3-cbc', passphrase });
  const { qi: _, ...partialJwk } = privateJwk;
  test.each<readonly [string, Parameters<typeof rsaProvider>[0], RegExp]>([
    ['a public PEM as privateKey', { privateKey: pair.publicKey }, /^privateKey is a public key/],
    ['a public JWK as privateKey', { privateKey: publicJwk }, /^privateKey is a public key/],
    ['a public KeyObject as privateKey', { privateKey: nodePublic }, /^privateKey is a public key/],
    ['a public CryptoKey as privateKey', { privateKey: publicForms[6]![1] }, /^privateKey is a public key/],
    ['a private PEM as publicKey', { publicKey: pair.privateKey }, /^publicKey is a private key/],
    ['an encrypted private PEM as publicKey', { publicKey: encrypted }, /^publicKey is a private key/],
    ['a private JWK as publicKey', { publicKey: privateJwk }, /^publicKey is a private key/],
    ['a private KeyObject as publicKey', { publicKey: nodePrivate }, /^publicKey is a private key/],
    ['a private CryptoKey as publicKey', { publicKey: privateForms[6]![1] }, /^publicKey is a private key/],
    [
      'halves of two pairs',
      { publicKey: pair.publicKey, privateKey: otherPair.privateKey },
      /not of one pair/,
    ],
    ['a path', { publicKey: '/etc/keys/public.pem' }, /not its path/],
    ['PEM with a line cut', { publicKey: broken(pair.publicKey) }, /^publicKey does not parse/],
    ['PEM without its end', { publicKey: pair.publicKey.slice(0, 200) }, /^publicKey does not parse/],
    ['private PEM with a line cut', { privateKey: broken(pair.privateKey) }, /^privateKey does not parse/],
    ['PKCS#1 with a line cut', { privateKey: broken(pem(nodePrivate, 'pkcs1')) }, /does not parse/],
    ['a JWK without qi', { privateKey: partialJwk }, /^privateKey does not parse/],
    [
      'a JWK whose n is no base64url',
      { publicKey: { ...publicJwk, n: 'a+b/' } },
      /^publicKey does not parse/,
    ],
    ['an elliptic public key', { publicKey: pem(curve.publicKey, 'spki') }, /^publicKey is not an RSA key/],
    ['an elliptic private key', { privateKey: pem(curve.privateKey, 'pkcs8') }, /^privateKey is not an RSA/],
    ['an elliptic SEC1 key', { privateKey: pem(curve.privateKey, 'sec1') }, /not an RSA/],
    ['an elliptic JWK', { publicKey: curve.publicKey.export({ format: 'jwk' }) }, /not an RSA key/],
    ['an elliptic KeyObject', { privateKey: curve.privateKey }, /not an RSA key/],
    ['a key for PSS only', { publicKey: pem(pss.publicKey, 'spki') }, /not an RSA key/],
    ['a secret KeyObject', { privateKey: KeyObject.from(aesKey) }, /not an RSA key/],
    ['an AES CryptoKey', { publicKey: aesKey }, /not an RSA key/],
    ['a sealed CryptoKey for signatures', { privateKey: sealedPssKey }, /must be for RSA-OAEP and decrypt/],
    [
      'OpenSSH PEM',
      { privateKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n' },
      /ssh-keygen -p -m PKCS8/,
    ],
    [
      'a certificate',
      { publicKey: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
      /openssl x509 -pubkey/,
    ],
    [
      'PEM of another kind',
      { publicKey: '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n' },
      /PEM of another kind/,
    ],
    [
      'an encrypted key without its passphrase',
      { privateKey: encrypted },
      /^privateKey is encrypted\. Pass its passphrase/,
    ],
    [
      'an encrypted key with another passphrase',
      { privateKey: encrypted, passphrase: 'wrong' },
      /passphrase is wrong/,
    ],
    [
      'an old encrypted key with another passphrase',
      { privateKey: legacy, passphrase: 'wrong' },
      name === 'node' ? /passphrase is wrong/ : /openssl pkcs8 -topk8/,
    ],
  ])('refuses %s', async (_, options, message) => {
    const failure = await (async () => {
      const provider = rsaProviderOn(port, options);
      if (options.privateKey !== undefined) await provider.unwrapKey(samples['oaep-sha1'].request);
      else await provider.wrapKey({ format: current, start });
    })().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MasterKeyError);
    expect((failure as Error).message).toMatch(message);
    // Nothing of a key, in whatever form, in anything that a log would show.
    expect((failure as Error).cause).toBeUndefined();
    expect(inspect(failure, { depth: 5 }).replace(/^ {4}at .*$/gm, '')).not.toMatch(/[A-Za-z0-9+/_-]{40}/);
  });

  test('a CryptoKey of SHA-256 that is not extractable wraps for sealed objects alone', async () => {
    const provider = rsaProviderOn(port, { publicKey: sealedSha256Key });
    await provider.wrapKey({ format: 'sealed', context: {} });
    const failure = await provider.wrapKey({ format: current, start }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_ALGORITHM_NOT_SUPPORTED' });
    expect((failure as Error).message).toMatch(/not extractable/);
  });

  test('refuses what is not a key as a mistake in the arguments', async () => {
    for (const publicKey of [42, null, {}, [1], true]) {
      const wrapped = (async () =>
        rsaProviderOn(port, { publicKey: publicKey as never }).wrapKey({ format: current, start }))();
      await expect(wrapped).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'publicKey' });
    }
    expect(() => rsaProviderOn(port, {})).toThrow(/must be given/);
    for (const [argument, value] of Object.entries({
      padding: 'oaep',
      passphrase: 1,
      materialDescription: { a: 1 },
      randomBytes: 4,
      allowPkcs1ForReading: 'no',
      allowSmallKeysForReading: 1,
    })) {
      expect(() => rsaProviderOn(port, { ...pair, [argument]: value })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument }),
      );
    }
  });

  test('refuses an option that is not known, by name', () => {
    expect(() =>
      rsaProviderOn(port, { publicKey: pair.publicKey, privatKey: pair.privateKey } as never),
    ).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        argument: 'options.privatKey',
        message: 'options.privatKey is not an option; check its spelling (did you mean privateKey?)',
      }),
    );
    expect(() => rsaProviderOn(port, undefined as never)).toThrow('options must be an object');
  });

  test('wraps a given key, and hands it back', async () => {
    const key = new SecretBytes(new Uint8Array(32).fill(7));
    const provider = providerOn(port, pair);
    const made = await provider.wrapKey({ format: current, key });
    expect(made.key).toBe(key);
    expect(made.wrappedStart).toBeUndefined();
    const wrapAlgorithm = 'rsa-pkcs1';
    const opened = await provider.unwrapKey({ format: current, wrapAlgorithm, wrappedKey: made.wrappedKey });
    expect(opened.key.bytes).toEqual(key.bytes);
    expect(opened.start).toBeUndefined();
    const short = new SecretBytes(new Uint8Array(31).fill(7));
    await expect(provider.wrapKey({ format: current, key: short })).rejects.toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
      argument: 'key',
    });
  });

  test('refuses a context, which it cannot bind, and formats that it does not know', async () => {
    const provider = providerOn(port, pair);
    const context = { tenant: '7' };
    const refusal = { code: 'ERR_INVALID_ARGUMENT', argument: 'context' };
    await expect(provider.wrapKey({ format: current, start, context })).rejects.toMatchObject(refusal);
    await expect(provider.unwrapKey({ ...samples.pkcs1.request, context })).rejects.toMatchObject(refusal);
    await provider.wrapKey({ format: current, start, context: {} });
    for (const format of ['constructor', '__proto__']) {
      await expect(provider.wrapKey({ format: format as never, start })).rejects.toMatchObject({
        code: 'ERR_ALGORITHM_NOT_SUPPORTED',
      });
    }
  });

  test('reads OAEP alone when it is told to', async () => {
    const provider = providerOn(port, { ...pair, allowPkcs1ForReading: false });
    expect(provider.unwraps).toEqual(['rsa-oaep-sha256', 'rsa-oaep-sha1']);
    await expect(provider.unwrapKey(samples.pkcs1.request)).rejects.toMatchObject({
      code: 'ERR_ALGORITHM_NOT_SUPPORTED',
      message: /allowPkcs1ForReading is false/,
    });
    const opened = await provider.unwrapKey(samples['oaep-sha1'].request);
    expect(opened.key.bytes).toEqual(samples['oaep-sha1'].key.bytes);
  });

  test('says so when the random source gives zeros', async () => {
    const zeros = providerOn(port, { ...pair, randomBytes: (lengthBytes) => new Uint8Array(lengthBytes) });
    const refusal = {
      code: 'ERR_OUT_OF_RANGE',
      message: 'randomBytes must give random bytes: it gave zeros only',
    };
    await expect(zeros.wrapKey({ format: current, start })).rejects.toMatchObject(refusal);
    const key = new SecretBytes(new Uint8Array(32).fill(7));
    if (name === 'web') await expect(zeros.wrapKey({ format: current, key })).rejects.toMatchObject(refusal);
  });

  test('refuses what one half cannot do, and what is not of RSA', async () => {
    const reader = providerOn(port, { privateKey: pair.privateKey });
    await expect(reader.wrapKey({ format: current, start })).rejects.toThrow(/Pass publicKey/);
    await expect(writer(port).unwrapKey(samples.pkcs1.request)).rejects.toThrow(/Pass privateKey/);
    await expect(reader.unwrapKey({ ...samples.pkcs1.request, wrapAlgorithm: 'kms' })).rejects.toMatchObject({
      code: 'ERR_ALGORITHM_NOT_SUPPORTED',
    });
  });
});

test('the web port does not decrypt PKCS#1 v1.5 unless it is told to', async () => {
  const provider = rsaProviderOn(ports[1]!.port, { privateKey: pair.privateKey });
  await expect(provider.unwrapKey(samples.pkcs1.request)).rejects.toMatchObject({
    code: 'ERR_ALGORITHM_NOT_SUPPORTED',
    message: /allowPkcs1DecryptionInJavaScript: true/,
  });
  const opened = await provider.unwrapKey(samples['oaep-sha1'].request);
  expect(opened.key.bytes).toEqual(samples['oaep-sha1'].key.bytes);
});

test('the web port refuses a private key whose numbers do not fit', async () => {
  for (const [name, value] of [
    ['dp', otherPair],
    ['qi', otherPair],
  ] as const) {
    const foreign = createPrivateKey(value.privateKey).export({ format: 'jwk' });
    const provider = providerOn(ports[1]!.port, { privateKey: { ...privateJwk, [name]: foreign[name] } });
    await expect(provider.unwrapKey(samples.pkcs1.request)).rejects.toThrow(/does not parse/);
  }
});

test('copies the material description', () => {
  const materialDescription = { key: '1' };
  const provider = rsaProvider({ ...pair, materialDescription });
  materialDescription.key = '2';
  expect(provider.materialDescription).toEqual({ key: '1' });
});
