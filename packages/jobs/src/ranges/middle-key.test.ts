import { compareUtf8 } from '@oss-envelope/core/adapter';
import { anyCharacter } from '@oss-envelope/test-kit/any-character';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { middleKey } from './middle-key.js';
import { middleText } from './middle-text.js';

const hasHalfPair = (value: string): boolean => /\p{Surrogate}/u.test(value);
const text = fc.string({ unit: anyCharacter, maxLength: 12 }).filter((value) => !hasHalfPair(value));

describe('a text between two', () => {
  it('lies between them, by their bytes in UTF-8', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        fc.pre(compareUtf8(a, b) < 0);
        const middle = middleText(a, b);
        if (middle === undefined) return;
        expect(compareUtf8(a, middle)).toBeLessThan(0);
        expect(compareUtf8(middle, b)).toBeLessThan(0);
        expect(hasHalfPair(middle)).toBe(false);
      }),
    );
  });

  it('is there whenever one is', () => {
    expect(middleText('a', 'b')).toBe('a\u007f');
    expect(middleText('a', 'a\u0001')).toBe('a\u0000');
    expect(middleText('a', 'a\u0000')).toBeUndefined();
    expect(middleText('\ud7ff', '\ue000')).toBe('\ud7ff\u007f');
    expect(middleText('x', undefined)).toBe('\u007f');
  });
});

/** A server's answer, from keys in order. */
function firstBehindIn(keys: readonly string[]): (place: string) => Promise<string | undefined> {
  return async (place) => keys.find((key) => compareUtf8(key, place) > 0);
}

describe('the middle of keys', () => {
  it('has keys on both sides, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { minLength: 0, maxLength: 30 }), text, async (names, prefix) => {
        const keys = names.map((name) => prefix + name).sort(compareUtf8);
        const middle = await middleKey({ after: '', until: undefined, prefix }, firstBehindIn(keys));
        const [below, above] = [
          keys.filter((key) => key !== '' && middle !== undefined && compareUtf8(key, middle) <= 0),
          keys.filter((key) => middle !== undefined && compareUtf8(key, middle) > 0),
        ];
        if (keys.filter((key) => key !== '').length < 2) expect(middle).toBeUndefined();
        else {
          expect(below.length).toBeGreaterThan(0);
          expect(above.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it.each([
    [
      'random hexadecimal',
      Array.from({ length: 4000 }, (_, index) =>
        ((index * 2654435761) % 2 ** 32).toString(16).padStart(8, '0'),
      ),
    ],
    ['a counter', Array.from({ length: 4000 }, (_, index) => String(index).padStart(12, '0'))],
    [
      'a long common prefix',
      Array.from(
        { length: 4000 },
        (_, index) => `${'archive/2026/'.repeat(20)}${index.toString(36).padStart(4, '0')}`,
      ),
    ],
    [
      'Chinese names',
      Array.from({ length: 4000 }, (_, index) => `照片/${String.fromCodePoint(0x4e00 + index)}.jpg`),
    ],
  ])('is not far from the half, with few requests: %s', async (_, names) => {
    const keys = [...names].sort(compareUtf8);
    let requests = 0;
    const ask = firstBehindIn(keys);
    const middle = await middleKey({ after: '', until: undefined, prefix: '' }, (place) => {
      requests++;
      return ask(place);
    });
    const share = keys.filter((key) => compareUtf8(key, middle as string) <= 0).length / keys.length;
    expect(share).toBeGreaterThan(0.02);
    expect(share).toBeLessThan(0.98);
    // About eight for each character of what all keys begin with, once.
    expect(requests).toBeLessThan(30);
  });
});
