import { describe, expect, it } from 'vitest';
import { assertObjectKey, assertObjectName } from './object-key.js';

const refusedAs = (argument: string) => expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument });

describe('the key of an object', () => {
  it.each([
    'a',
    'a/b',
    'a//b',
    'a/',
    'a\\b',
    'a/.b',
    'a/...',
    'a..',
    '\u{1f600}',
    'a\u{1f600}b',
    'a'.repeat(1023),
    '\u62a5'.repeat(341),
    '\u{1f600}'.repeat(255),
  ])('may be %j', (key) => {
    expect(() => assertObjectKey(key)).not.toThrow();
    expect(() => assertObjectName(key, 'key')).not.toThrow();
  });

  it.each([
    undefined,
    5,
    ['a'],
    '',
    '/a',
    '\\a',
    'a\ud800',
    '\ud800a',
    'a\udc00',
    '\udc00a',
    'a'.repeat(1024),
    `a${'\u62a5'.repeat(341)}`,
    '\u{1f600}'.repeat(256),
  ])('may not be %j', (key) => {
    expect(() => assertObjectKey(key)).toThrow(refusedAs('key'));
    expect(() => assertObjectName(key, 'keys.1')).toThrow(refusedAs('keys.1'));
  });

  it.each(['.', '..', './a', '../a', 'a/.', 'a/..', 'a/../b'])(
    'may be %j only where no URL has to hold it',
    (key) => {
      expect(() => assertObjectKey(key, 'source.key')).toThrow(refusedAs('source.key'));
      expect(() => assertObjectName(key, 'key')).not.toThrow();
    },
  );
});
