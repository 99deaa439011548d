import { describe, expect, it } from 'vitest';
import {
  bitLength,
  equalPublicComponents,
  fits,
  padWithLeadingZeros,
  privateComponentsOfJwk,
  privateJwk,
  publicComponentsOfJwk,
  publicJwk,
  trimLeadingZeros,
} from './rsa-components.js';
import type { RsaJwk } from './rsa-key-input.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const key = {
  n: bytes(9, 9),
  e: bytes(3),
  d: bytes(4),
  p: bytes(5),
  q: bytes(6),
  dp: bytes(7),
  dq: bytes(8),
  qi: bytes(9),
};
const jwk = { kty: 'RSA', n: 'CQk', e: 'Aw', d: 'BA', p: 'BQ', q: 'Bg', dp: 'Bw', dq: 'CA', qi: 'CQ' };
const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;

describe('zeros in front of a number', () => {
  it('are cut off', () => {
    expect(trimLeadingZeros(bytes(0, 0, 1, 0))).toEqual(bytes(1, 0));
    expect(trimLeadingZeros(bytes(1, 0))).toEqual(bytes(1, 0));
    expect(trimLeadingZeros(bytes(0, 0))).toEqual(bytes());
    expect(trimLeadingZeros(bytes())).toEqual(bytes());
  });

  it('are put there', () => {
    expect(padWithLeadingZeros(bytes(1, 2), 4)).toEqual(bytes(0, 0, 1, 2));
    expect(padWithLeadingZeros(bytes(1, 2), 2)).toEqual(bytes(1, 2));
  });
});

it.each([
  [[], 0],
  [[0], 0],
  [[1], 1],
  [[0, 2], 2],
  [[0x7f], 7],
  [[0x80], 8],
  [[1, 0], 9],
  [[0x80, 0], 16],
] as const)('%j has %i bits', (number, bits) => {
  expect(bitLength(bytes(...number))).toBe(bits);
});

it('two public keys are one when both numbers are', () => {
  const { n, e } = key;
  expect(equalPublicComponents({ n, e }, { n: bytes(9, 9), e: bytes(3) })).toBe(true);
  expect(equalPublicComponents({ n, e }, { n, e: bytes(5) })).toBe(false);
  expect(equalPublicComponents({ n, e }, { n: bytes(9, 8), e })).toBe(false);
});

describe('a JSON Web Key', () => {
  it('is written and read', () => {
    expect(publicJwk(key)).toEqual({ kty: 'RSA', n: 'CQk', e: 'Aw' });
    expect(privateJwk(key)).toEqual(jwk);
    expect(publicComponentsOfJwk(jwk)).toEqual({ n: key.n, e: key.e });
    expect(privateComponentsOfJwk(jwk)).toEqual(key);
  });

  it('may have zeros in front', () => {
    expect(publicComponentsOfJwk({ ...jwk, n: 'AAkJ' })).toEqual({ n: key.n, e: key.e });
  });

  it.each(['n', 'e', ...secrets])('is none without %s, or with another one than base64url', (name) => {
    for (const value of [undefined, '', 'a+b/', 7]) {
      const wrong = { ...jwk, [name]: value } as RsaJwk;
      expect(privateComponentsOfJwk(wrong)).toBeUndefined();
      const isPublic = name === 'n' || name === 'e';
      expect(publicComponentsOfJwk(wrong)).toEqual(isPublic ? undefined : { n: key.n, e: key.e });
    }
  });

  it.each(secrets)('has no %s that is longer than the modulus', (name) => {
    expect(fits({ ...key, [name]: bytes(1, 2) })).toBe(true);
    expect(fits({ ...key, [name]: bytes(1, 2, 3) })).toBe(false);
    expect(privateComponentsOfJwk({ ...jwk, [name]: 'AQI' })).toMatchObject({ [name]: bytes(1, 2) });
    expect(privateComponentsOfJwk({ ...jwk, [name]: 'AQID' })).toBeUndefined();
  });
});
