import { expect, it } from 'vitest';
import { randomSource } from './random-source.js';

it('the source is the one that was given', () => {
  expect(randomSource((lengthBytes) => new Uint8Array(lengthBytes).fill(7))(3)).toEqual(
    Uint8Array.of(7, 7, 7),
  );
});

it("the runtime's gives other bytes each time", () => {
  const source = randomSource(undefined);
  expect(source(32)).toHaveLength(32);
  expect(source(32)).not.toEqual(source(32));
});

it.each([
  ['too few', () => new Uint8Array(3)],
  ['too many', () => new Uint8Array(5).fill(1)],
  ['no bytes', () => [1, 2, 3, 4] as never],
])('gives no %s', (_name, source) => {
  expect(() => randomSource(source)(4)).toThrow(
    expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', argument: 'randomBytes' }),
  );
});

it('zeros may happen by chance, but not 16 of them', () => {
  const source = randomSource((lengthBytes) => new Uint8Array(lengthBytes));
  expect(source(15)).toEqual(new Uint8Array(15));
  for (const lengthBytes of [16, 32]) {
    expect(() => source(lengthBytes)).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', argument: 'randomBytes' }),
    );
  }
  const one = randomSource((lengthBytes) => new Uint8Array(lengthBytes).fill(1, 5, 6));
  expect(one(16)[5]).toBe(1);
});

it('is a function', () => {
  expect(() => randomSource(7 as never)).toThrow(expect.objectContaining({ argument: 'randomBytes' }));
});
