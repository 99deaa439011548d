import { createPrivateKey } from 'node:crypto';
import { decodeBase64Url } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { pair } from '../../test/sample-pairs.js';
import { derTag, formatDer } from './der.js';
import type { RsaPublicComponents } from './rsa-components.js';
import {
  privateComponentsOfPkcs1,
  privateComponentsOfPkcs8,
  publicComponentsOfPkcs1,
  publicComponentsOfSpki,
  spkiOfPublicComponents,
} from './rsa-key-der.js';

// OpenSSL says what is right.
const secret = createPrivateKey(pair.privateKey);
const numbers = Object.fromEntries(
  Object.entries(secret.export({ format: 'jwk' }))
    .filter(([name]) => name !== 'kty')
    .map(([name, value]) => [name, decodeBase64Url(value as string)!]),
) as unknown as RsaPublicComponents;
const der = (type: 'pkcs1' | 'pkcs8') => Uint8Array.from(secret.export({ format: 'der', type }));

const { sequence, integer, octetString, bitString, objectIdentifier, null: none } = derTag;
const bytes = (...values: number[]) => Uint8Array.from(values);
const number = (...values: number[]) => formatDer(integer, bytes(...values));
const rsa = formatDer(
  sequence,
  formatDer(objectIdentifier, bytes(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01)),
  formatDer(none),
);
const curve = formatDer(
  sequence,
  formatDer(objectIdentifier, bytes(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01)),
  formatDer(none),
);
const broken = { code: 'ERR_MASTER_KEY', message: expect.stringContaining('does not parse') };
const otherKind = { code: 'ERR_MASTER_KEY', message: expect.stringContaining('is not an RSA key') };
const refused = (read: () => unknown, like: object) => expect(read).toThrow(expect.objectContaining(like));

describe('a public key', () => {
  const rsaKey = formatDer(sequence, number(0, 200, 1), number(3));
  const expected = { n: bytes(200, 1), e: bytes(3) };
  const spki = (algorithm: Uint8Array, key: Uint8Array) => formatDer(sequence, algorithm, key);

  it('is read from both structures, without the zero of the sign', () => {
    expect(publicComponentsOfPkcs1(rsaKey)).toEqual(expected);
    expect(publicComponentsOfSpki(spki(rsa, formatDer(bitString, bytes(0), rsaKey)))).toEqual(expected);
  });

  it('is written as it is read', () => {
    const short = { n: bytes(0x7f, 1), e: bytes(0x80) };
    const written = spkiOfPublicComponents(short);
    expect(written).toEqual(
      spki(rsa, formatDer(bitString, bytes(0), formatDer(sequence, number(0x7f, 1), number(0, 0x80)))),
    );
    expect(publicComponentsOfSpki(written)).toEqual(short);
    expect(publicComponentsOfSpki(spkiOfPublicComponents(numbers))).toEqual({ n: numbers.n, e: numbers.e });
    expect(spkiOfPublicComponents({ n: bytes(), e: bytes(1) })).toBeInstanceOf(Uint8Array);
  });

  it.each([
    ['no DER', bytes(1, 2, 3)],
    ['nothing', formatDer(sequence)],
    ['no key', formatDer(sequence, rsa)],
    ['no bit string', spki(rsa, formatDer(octetString, bytes(0), rsaKey))],
    ['unused bits', spki(rsa, formatDer(bitString, bytes(1), rsaKey))],
    ['no sequence', spki(formatDer(octetString, bytes(1)), formatDer(bitString, bytes(0), rsaKey))],
    ['no numbers', spki(rsa, formatDer(bitString, bytes(0)))],
  ])('is refused with %s', (_name, content) => {
    refused(() => publicComponentsOfSpki(content), broken);
  });

  it.each([
    ['one number', formatDer(sequence, number(1))],
    ['another value', formatDer(sequence, number(5), number(3), formatDer(none))],
    ['no DER', bytes(0x30, 9)],
  ])('is refused with %s inside', (_name, content) => {
    refused(() => publicComponentsOfPkcs1(content), broken);
  });

  it('is refused when it is of another kind', () => {
    refused(() => publicComponentsOfSpki(spki(curve, formatDer(bitString, bytes(0), rsaKey))), otherKind);
    refused(
      () => publicComponentsOfSpki(spki(formatDer(sequence), formatDer(bitString, bytes(0), rsaKey))),
      otherKind,
    );
  });
});

describe('a private key', () => {
  const nine = [0, 200, 3, 4, 5, 6, 7, 8, 9];
  const names = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;
  const rsaKey = (values: readonly number[]) =>
    formatDer(sequence, ...values.map((value) => (value > 127 ? number(0, value) : number(value))));
  const pkcs8 = (algorithm: Uint8Array, key: Uint8Array) => formatDer(sequence, number(0), algorithm, key);

  it('is read from both structures', () => {
    const expected = Object.fromEntries(names.map((name, at) => [name, bytes(nine[at + 1]!)]));
    expect(privateComponentsOfPkcs1(rsaKey(nine))).toEqual(expected);
    expect(privateComponentsOfPkcs8(pkcs8(rsa, formatDer(octetString, rsaKey(nine))))).toEqual(expected);
    expect(privateComponentsOfPkcs1(der('pkcs1'))).toEqual(numbers);
    expect(privateComponentsOfPkcs8(der('pkcs8'))).toEqual(numbers);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is refused with %i numbers of nine', (count) => {
    refused(() => privateComponentsOfPkcs1(rsaKey(nine.slice(0, count))), broken);
  });

  it('is refused with more than two primes, and with a number that is longer than the modulus', () => {
    refused(() => privateComponentsOfPkcs1(rsaKey([1, ...nine.slice(1)])), broken);
    refused(
      () =>
        privateComponentsOfPkcs1(
          formatDer(sequence, ...nine.slice(0, 8).map((v) => number(0, v)), number(9, 9)),
        ),
      broken,
    );
    refused(() => privateComponentsOfPkcs1(bytes(1)), broken);
  });

  it.each([
    ['no DER', bytes(1, 2, 3)],
    ['nothing', formatDer(sequence)],
    ['no version', formatDer(sequence, formatDer(none), rsa, formatDer(octetString, rsaKey(nine)))],
    ['no key', formatDer(sequence, number(0), rsa)],
    ['a bit string', pkcs8(rsa, formatDer(bitString, rsaKey(nine)))],
    ['no algorithm', pkcs8(formatDer(none), formatDer(octetString, rsaKey(nine)))],
    ['no algorithm at all', formatDer(sequence, number(0))],
  ])('is refused with %s', (_name, content) => {
    refused(() => privateComponentsOfPkcs8(content), broken);
  });

  it('is refused when it is of another kind', () => {
    refused(() => privateComponentsOfPkcs8(pkcs8(curve, formatDer(octetString, rsaKey(nine)))), otherKind);
  });
});
