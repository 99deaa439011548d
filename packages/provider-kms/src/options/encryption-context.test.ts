import { InvalidArgumentError, OutOfRangeError } from '@oss-envelope/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  contextObject,
  formatEncryptionContext,
  mergeContexts,
  passphraseContext,
} from './encryption-context.js';

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

describe('errors name the argument', () => {
  const named = (argument: string) => expect.objectContaining({ argument });
  test('of a passphrase', () => {
    for (const passphrase of ['', '\ud800', 'x'.repeat(8192)])
      expect(() => passphraseContext(passphrase)).toThrow(named('passphrase'));
  });
  test('of a context that was asked for', () => {
    const own = { text: '{"a":"1"}', pairs: { a: '1' } };
    expect(() => mergeContexts({ text: 'x', pairs: undefined }, { a: '1' })).toThrow(named('context'));
    expect(() => mergeContexts(own, { a: '2' })).toThrow(named('context'));
    expect(() => mergeContexts(own, { b: '\ud800' })).toThrow(named('context'));
  });
});

test('contexts are put together, with what the format adds', () => {
  const own = { text: '{"a":"1"}', pairs: { a: '1' } };
  expect(mergeContexts(own)).toBe(own);
  expect(mergeContexts(own, { a: '1', b: '2' }, { 'oss-envelope': 'x' })).toEqual({
    text: '{"a":"1","b":"2","oss-envelope":"x"}',
    pairs: { a: '1', b: '2', 'oss-envelope': 'x' },
  });
});

test.each(['null', '[]', '"text"', '7', '{"a":1}', '{"a":1,"b":"x"}', '{"a": "b"}', '{'])(
  'a text that no context has is no object: %s',
  (text) => {
    expect(() => contextObject(text)).toThrow(InvalidArgumentError);
  },
);
