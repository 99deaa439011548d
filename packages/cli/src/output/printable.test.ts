import { expect, it } from 'vitest';
import { printable, printableJson } from './printable.js';

const hostile = [
  '\x1b[31m',
  '\x07',
  '\x7f',
  '\u009b31m',
  '\u061c',
  '\u202e',
  '\u2028',
  '\ufeff',
  '"\\',
  '\n',
];
const raw = /[\p{Cc}\u061c\u202e\u2028\ufeff]/u;

it.each(hostile)('%j is text to a terminal, and in JSON still itself', (text) => {
  expect(printable(text)).not.toMatch(raw);
  const json = printableJson({ key: text, [text]: 1 });
  expect(json).not.toMatch(raw);
  expect(JSON.parse(json)).toEqual({ key: text, [text]: 1 });
});

it('a field that says nothing is there all the same', () => {
  expect(printableJson({ a: undefined, b: [{ c: undefined }], d: null })).toBe(
    '{"a":null,"b":[{"c":null}],"d":null}',
  );
});
