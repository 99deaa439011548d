import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesToNumber,
  inverse,
  numberToBytes,
  powerOfPublicExponent,
  powerOfSecretExponent,
  primesBelow,
} from './modular-arithmetic.js';

const small = fc.bigInt({ min: 0n, max: 60n });
const modulus = fc.bigInt({ min: 2n, max: 2n ** 64n });

describe('numbers', () => {
  it('are big-endian bytes', () => {
    expect(bytesToNumber(new Uint8Array(0))).toBe(0n);
    expect(bytesToNumber(Uint8Array.of(0, 1, 2))).toBe(258n);
    expect(numberToBytes(258n, 4)).toEqual(Uint8Array.of(0, 0, 1, 2));
    expect(numberToBytes(0xfedcn, 2)).toEqual(Uint8Array.of(0xfe, 0xdc));
    expect(numberToBytes(0n, 1)).toEqual(Uint8Array.of(0));
  });
});

describe.each([
  ['public', powerOfPublicExponent],
  ['secret', powerOfSecretExponent],
] as const)('a power of a %s exponent', (_kind, power) => {
  it('is the rest of the power', () => {
    expect(power(3n, 5n, 7n)).toBe(5n);
    expect(power(10n, 3n, 7n)).toBe(6n);
    expect(power(5n, 0n, 7n)).toBe(1n);
    expect(power(0n, 3n, 7n)).toBe(0n);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), small, modulus, (base, exponent, by) => {
        expect(power(base, exponent, by)).toBe(base ** exponent % by);
      }),
    );
  });
});

describe('an inverse', () => {
  it('gives 1, and is there for what has no common factor', () => {
    expect(inverse(3n, 7n)).toBe(5n);
    expect(inverse(10n, 7n)).toBe(5n);
    expect(inverse(1n, 7n)).toBe(1n);
    expect(inverse(0n, 7n)).toBeUndefined();
    expect(inverse(2n, 4n)).toBeUndefined();
    expect(inverse(7n, 7n)).toBeUndefined();
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n }), modulus, (value, by) => {
        const found = inverse(value, by);
        if (found === undefined) return;
        expect((found * value) % by).toBe(1n);
        expect(found >= 0n && found < by).toBe(true);
      }),
    );
  });
});

it('primes are below a limit, in their order', () => {
  expect(primesBelow(2)).toEqual([]);
  expect(primesBelow(3)).toEqual([2n]);
  expect(primesBelow(31)).toEqual([2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n]);
  expect(primesBelow(32)).toEqual([2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n]);
});
