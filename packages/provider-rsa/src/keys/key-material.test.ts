import { describe, expect, it } from 'vitest';
import { classifyPrivateKey, classifyPublicKey } from './key-material.js';
import type { RsaKeyInput } from './rsa-key-input.js';

const pem = (label: string, headers = '') =>
  `-----BEGIN ${label}-----\n${headers}AQID\n-----END ${label}-----\n`;
const encryption = 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n';
const der = Uint8Array.of(1, 2, 3);
const publicJwk = { kty: 'RSA', n: 'CQ', e: 'Aw' };
const privateJwk = { ...publicJwk, d: 'BA', p: 'BQ', q: 'Bg', dp: 'Bw', dq: 'CA', qi: 'CQ' };
const cryptoKey = (type: string, name: unknown = 'RSA-OAEP') => ({
  type,
  extractable: true,
  algorithm: { name },
  usages: [],
});
const keyObject = (type: string, asymmetricKeyType: unknown = 'rsa') => ({
  type,
  asymmetricKeyType,
  export: () => ({}),
});

const classify = { publicKey: classifyPublicKey, privateKey: classifyPrivateKey };
type Half = keyof typeof classify;
const refusal = (half: Half, input: unknown) => {
  try {
    classify[half](input as RsaKeyInput);
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    expect(message.startsWith(half)).toBe(true);
    return `${code}: ${message.slice(half.length + 1)}`;
  }
  return 'taken';
};
const notRsa = /^ERR_MASTER_KEY: is not an RSA key/;
const wrongHalf = /^ERR_MASTER_KEY: is a (public|private) key/;

describe('a form is told', () => {
  it.each([
    ['publicKey', 'PUBLIC KEY', 'spki'],
    ['publicKey', 'RSA PUBLIC KEY', 'pkcs1'],
    ['privateKey', 'PRIVATE KEY', 'pkcs8'],
    ['privateKey', 'RSA PRIVATE KEY', 'pkcs1'],
    ['privateKey', 'ENCRYPTED PRIVATE KEY', 'encrypted-pkcs8'],
  ] as const)('%s: PEM %s', (half, label, structure) => {
    expect(classify[half](pem(label))).toEqual({ kind: 'der', structure, der });
  });

  it.each([
    ['publicKey', 'PUBLIC KEY'],
    ['publicKey', 'RSA PUBLIC KEY'],
    ['privateKey', 'RSA PRIVATE KEY'],
  ] as const)('%s: encrypted PEM %s', (half, label) => {
    const headers = new Map([
      ['proc-type', '4,ENCRYPTED'],
      ['dek-info', 'AES-128-CBC,00'],
    ]);
    const block = { label, headers, bytes: der };
    expect(classify[half](pem(label, encryption))).toEqual({ kind: 'encrypted-pem', block });
  });

  it('JSON Web Key', () => {
    const numbers = Object.fromEntries(
      Object.entries({ n: 9, e: 3, d: 4, p: 5, q: 6, dp: 7, dq: 8, qi: 9 }).map(([name, value]) => [
        name,
        Uint8Array.of(value),
      ]),
    );
    const { n, e } = numbers;
    expect(classifyPublicKey(publicJwk)).toEqual({ kind: 'components', components: { n, e } });
    expect(classifyPrivateKey(privateJwk)).toEqual({ kind: 'components', components: numbers });
    expect(classifyPublicKey(JSON.stringify(publicJwk))).toEqual({
      kind: 'components',
      components: { n, e },
    });
  });

  it.each(['publicKey', 'privateKey'] as const)('%s: the bytes of a file', (half) => {
    const label = half === 'publicKey' ? 'PUBLIC KEY' : 'PRIVATE KEY';
    const bytes = new TextEncoder().encode(pem(label));
    for (const input of [bytes, bytes.buffer]) {
      expect(classify[half](input)).toMatchObject({ kind: 'der', der });
    }
  });

  it.each([
    ['publicKey', 'public'],
    ['privateKey', 'private'],
  ] as const)('%s: a key of the runtime', (half, type) => {
    for (const name of ['RSA-OAEP', 'RSASSA-PKCS1-v1_5']) {
      const key = cryptoKey(type, name);
      expect(classify[half](key as never)).toEqual({ kind: 'crypto-key', key });
    }
    const key = keyObject(type);
    expect(classify[half](key as never)).toEqual({ kind: 'key-object', key });
  });
});

describe('the other half is refused', () => {
  it.each<readonly [Half, unknown]>([
    ['publicKey', privateJwk],
    ['privateKey', publicJwk],
    ['publicKey', pem('PRIVATE KEY')],
    ['publicKey', pem('ENCRYPTED PRIVATE KEY')],
    ['publicKey', pem('RSA PRIVATE KEY')],
    ['privateKey', pem('PUBLIC KEY')],
    ['privateKey', pem('RSA PUBLIC KEY')],
    ['publicKey', cryptoKey('private')],
    ['privateKey', cryptoKey('public')],
    ['publicKey', keyObject('private')],
    ['privateKey', keyObject('public')],
  ])('%s %#', (half, input) => {
    expect(refusal(half, input)).toMatch(wrongHalf);
  });
});

describe.each(['publicKey', 'privateKey'] as const)('%s', (half) => {
  const type = half === 'publicKey' ? 'public' : 'private';

  it.each<readonly [string, unknown]>([
    ['a JSON Web Key', { ...privateJwk, kty: 'EC' }],
    ['a CryptoKey', cryptoKey(type, 'ECDSA')],
    ['a CryptoKey that ends like one', cryptoKey(type, 'NOT-RSA')],
    ['a CryptoKey without an algorithm', { ...cryptoKey(type), algorithm: undefined }],
    ['a CryptoKey without a name', cryptoKey(type, null)],
    ['a secret CryptoKey', cryptoKey('secret')],
    ['a KeyObject', keyObject(type, 'ec')],
    ['a KeyObject for signatures alone', keyObject(type, 'rsa-pss')],
    ['a secret KeyObject', keyObject('secret')],
    ['EC PRIVATE KEY', pem('EC PRIVATE KEY')],
    ['DSA PRIVATE KEY', pem('DSA PRIVATE KEY')],
    ['EC PARAMETERS', pem('EC PARAMETERS')],
  ])('of another kind is refused: %s', (_name, input) => {
    expect(refusal(half, input)).toMatch(notRsa);
  });

  it.each([
    ['OPENSSH PRIVATE KEY', /OpenSSH/],
    ['CERTIFICATE', /certificate/],
    ['TRUSTED CERTIFICATE', /certificate/],
    ['CERTIFICATE REQUEST', /PEM of another kind/],
    ['PUBLIC KEYS', /PEM of another kind/],
    ['PRIVATE KEYS', /PEM of another kind/],
  ])('as %s is told what it is', (label, like) => {
    expect(refusal(half, pem(label))).toMatch(/^ERR_MASTER_KEY/);
    expect(refusal(half, pem(label))).toMatch(like);
  });

  it.each([
    undefined,
    null,
    7,
    true,
    {},
    { kty: 1 },
    { export: 1, type },
    { n: 'CQ' },
    [],
    Symbol('key'),
    () => {},
  ])('is no %s', (input) => {
    expect(refusal(half, input)).toMatch(/^ERR_INVALID_ARGUMENT/);
  });

  it('lacks no number', () => {
    const all = half === 'publicKey' ? publicJwk : privateJwk;
    for (const name of Object.keys(all).filter((name) => !['kty', 'd'].includes(name))) {
      expect(refusal(half, { ...all, [name]: undefined })).toMatch(
        half === 'publicKey'
          ? /^ERR_MASTER_KEY: does not parse: it has not all of n and e, or one of them is no base64url\./
          : /^ERR_MASTER_KEY: does not parse: it has not all of n, e, d, p, q, dp, dq and qi, or one of them/,
      );
    }
  });
});
