import { InvalidArgumentError, OutOfRangeError } from '@oss-envelope/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextObject, formatEncryptionContext, passphraseContext } from './encryption-context.js';

// A8.
describe('a passphrase', () => {
  test.each(['secret', 'with space', '芝麻', 'quote"', 'back\\slash', 'new\nline', '"},{"'])(
    'stands between the fixed texts as it is: %j',
    (passphrase) => {
      expect(passphraseContext(passphrase)).toBe(`{"x-passphrase":"${passphrase}"}`);
    },
  );
  test('is refused when it is empty, no text, not Unicode or too long', () => {
    expect(() => passphraseContext('')).toThrow(InvalidArgumentError);
    expect(() => passphraseContext(1 as unknown as string)).toThrow(InvalidArgumentError);
    expect(() => passphraseContext('\ud800')).toThrow(/Unicode/);
    const room = 8192 - '{"x-passphrase":""}'.length;
    expect(passphraseContext('x'.repeat(room))).toHaveLength(8192);
    expect(() => passphraseContext('x'.repeat(room + 1))).toThrow(OutOfRangeError);
  });
});

describe('a structured context', () => {
  test('has one text, whatever the order of its members', () => {
    expect(formatEncryptionContext({ b: '2', a: '1' })).toBe('{"a":"1","b":"2"}');
    expect(formatEncryptionContext({ a: '1', b: '2' })).toBe('{"a":"1","b":"2"}');
    expect(formatEncryptionContext({})).toBeUndefined();
  });
  test('is refused unless it is an object of texts', () => {
    for (const wrong of [null, [], 'text', { a: 1 }, { a: null }, { a: { b: 'c' } }, { '': 'x' }]) {
      expect(() => formatEncryptionContext(wrong as unknown as Record<string, string>)).toThrow(
        InvalidArgumentError,
      );
    }
    expect(() => formatEncryptionContext({ a: '\udc00' })).toThrow(/Unicode/);
    expect(() => formatEncryptionContext({ a: 'x'.repeat(8192) })).toThrow(OutOfRangeError);
    expect(formatEncryptionContext({ a: 'x'.repeat(8192 - 8) })).toHaveLength(8192);
  });
  test('neither takes nor sets a prototype', () => {
    const own = JSON.parse('{"__proto__":"x"}');
    expect(() => formatEncryptionContext(own)).toThrow(/__proto__/);
    const inherited = Object.create({ polluted: 'yes' }, { a: { value: '1', enumerable: true } });
    expect(formatEncryptionContext(inherited)).toBe('{"a":"1"}');
    expect(formatEncryptionContext({ constructor: 'c', toString: 't' } as never)).toBe(
      '{"constructor":"c","toString":"t"}',
    );
  });
  test('reads back as it was, and an object of it has the same text', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'grapheme' }), { minKeys: 1 }), (context) => {
        const text = formatEncryptionContext(context)!;
        expect(Object.entries(JSON.parse(text)).sort()).toEqual(Object.entries(context).sort());
        expect(JSON.stringify(contextObject(text))).toBe(text);
        expect(formatEncryptionContext(Object.fromEntries(Object.entries(context).reverse()))).toBe(text);
      }),
    );
  });
});

describe('an object for clients that take no text', () => {
  test('is found where it becomes the same bytes', () => {
    expect(contextObject(passphraseContext('芝麻 +%'))).toEqual({ 'x-passphrase': '芝麻 +%' });
  });
  test.each([
    'quote"',
    'back\\slash',
    'uni\\u0041',
    'new\nline',
    'x","__proto__":"y',
    'x","x-passphrase":"y',
  ])('is refused for %j', (passphrase) => {
    expect(() => contextObject(passphraseContext(passphrase))).toThrow(/1\.2, or kmsFetchProvider/);
  });
});
