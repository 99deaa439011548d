import { expect, it } from 'vitest';
import { parseRange } from './cat.js';

it.each([
  ['0-99', { offsetBytes: 0, lengthBytes: 100 }],
  ['7-7', { offsetBytes: 7, lengthBytes: 1 }],
  ['100-', { offsetBytes: 100 }],
  ['-100', { lastBytes: 100 }],
  ['bytes=1-2', { offsetBytes: 1, lengthBytes: 2 }],
])('the range %s', (text, range) => {
  expect(parseRange(text)).toEqual(range);
});

it.each(['x', '', '5-2', '-', '1-2,4-5', '0x1-2', '99999999999999999-'])('refuses the range %j', (text) => {
  expect(() => parseRange(text)).toThrow('--range');
});
