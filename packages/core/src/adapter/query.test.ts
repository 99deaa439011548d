import { expect, it } from 'vitest';
import { compareNames, formatQuery } from './query.js';

it('a query is encoded, and sorted by encoded name', () => {
  expect(formatQuery({})).toBe('');
  expect(formatQuery({ uploads: '' })).toBe('uploads');
  expect(formatQuery({ b: '1 /', a: 'ä', uploads: '' })).toBe('a=%C3%A4&b=1%20%2F&uploads');
  // By code unit: capitals come first, and a prefix before what it begins.
  expect(formatQuery({ ab: '1', a: '1', B: '1' })).toBe('B=1&a=1&ab=1');
  // "_" stays, and "ä" becomes "%C3%A4", which is less.
  expect(formatQuery({ _: '1', ä: '1' })).toBe('%C3%A4=1&_=1');
});

it.each([
  ['a', 'b', -1],
  ['b', 'a', 1],
  ['a', 'a', 0],
  ['a', 'ab', -1],
  ['B', 'a', -1],
] as const)('by its name, %s beside %s is %i, whatever the values', (a, b, expected) => {
  for (const values of ['12', '21', '11']) {
    expect(compareNames([a, values[0]!], [b, values[1]!])).toBe(expected);
  }
});
