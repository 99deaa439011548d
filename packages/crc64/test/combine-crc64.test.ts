import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combineCrc64, crc64 } from '../src/index.js';
import { power, product, reflect, remainder } from './binary-polynomial.js';
import { noise } from './noise.js';

const value = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const lengthBytes = fc.oneof(fc.nat({ max: 1_000 }), fc.maxSafeNat());

describe('combineCrc64', () => {
  test('joins at any cut', () => {
    const bytes = noise(20_000, 11);
    const whole = crc64(bytes);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length }), (cut) => {
        const b = bytes.subarray(cut);
        expect(combineCrc64(crc64(bytes.subarray(0, cut)), crc64(b), b.length)).toBe(whole);
      }),
      { numRuns: 300 },
    );
  });

  test('joins many parts in order, empty ones too', () => {
    const bytes = noise(1_000_000, 12);
    const ends = [0, 0, 102_400, 102_400, 500_000, 999_999, 1_000_000];
    let at = 0;
    let joined = 0n;
    for (const end of ends) {
      const part = bytes.subarray(at, end);
      joined = combineCrc64(joined, crc64(part), part.length);
      at = end;
    }
    expect(joined).toBe(crc64(bytes));
  });

  test('joins parts of more than 4 GiB: what follows A may be joined first', () => {
    fc.assert(
      fc.property(value, value, value, lengthBytes, fc.nat({ max: 1 << 30 }), (a, b, c, lengthB, lengthC) => {
        fc.pre(lengthB + lengthC <= Number.MAX_SAFE_INTEGER);
        const left = combineCrc64(combineCrc64(a, b, lengthB), c, lengthC);
        const right = combineCrc64(a, combineCrc64(b, c, lengthC), lengthB + lengthC);
        expect(left).toBe(right);
      }),
    );
  });

  test('an empty second part changes nothing', () => {
    fc.assert(
      fc.property(value, (a) => {
        expect(combineCrc64(a, 0n, 0)).toBe(a);
      }),
    );
  });

  test('is crcA x^(8 lengthB) + crcB modulo P for every length a number can hold', () => {
    const P = (1n << 64n) | 0x42f0e1eba9ea3693n;
    const lengths = fc.oneof(
      lengthBytes,
      fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER),
    );
    fc.assert(
      fc.property(value, value, lengths, (a, b, length) => {
        const moved = remainder(product(reflect(a, 64), power(8n * BigInt(length), P)), P);
        expect(combineCrc64(a, b, length)).toBe(reflect(moved, 64) ^ b);
      }),
    );
  });

  test.each([
    [-1n, 0n, 1, /crcA/],
    [1n << 64n, 0n, 1, /crcA/],
    [0n, 1n << 64n, 1, /crcB/],
    [0n, 7 as unknown as bigint, 1, /crcB/],
    [0n, 0n, -1, /lengthBBytes/],
    [0n, 0n, 1.5, /lengthBBytes/],
    [0n, 0n, 2 ** 53, /lengthBBytes/],
    [0n, 0n, Number.NaN, /lengthBBytes/],
    [0n, 0n, 1n as unknown as number, /lengthBBytes/],
  ])('refuses (%s, %s, %s)', (a, b, length, name) => {
    expect(() => combineCrc64(a, b, length)).toThrow(RangeError);
    expect(() => combineCrc64(a, b, length)).toThrow(name);
  });
});
