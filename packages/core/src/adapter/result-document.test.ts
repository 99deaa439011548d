import { describe, expect, it } from 'vitest';
import { optional, required, resultElement, wholeNumber } from './result-document.js';

const element = (content: string, name = 'Result') =>
  resultElement({ status: 200, headers: {}, document: `<${name}>${content}</${name}>` }, 'Result');
const unexpected = expect.objectContaining({ code: 'ERR_TRANSPORT', retryable: false });

it('a document must be the named one', () => {
  expect(element('').name).toBe('Result');
  expect(() => element('', 'Other')).toThrow(unexpected);
});

describe('a field', () => {
  it('that must be there has a text', () => {
    expect(required(element('<A> b </A>'), 'A')).toBe('b');
    for (const content of ['', '<A/>', '<A> </A>', '<A>b</A><A>b</A>']) {
      expect(() => required(element(content), 'A')).toThrow(unexpected);
    }
  });

  it('that may be missing has a text, or none', () => {
    expect(optional(element('<A> b </A>'), 'A')).toBe('b');
    for (const content of ['', '<A/>', '<A> </A>', '<A>b</A><A>b</A>']) {
      expect(optional(element(content), 'A')).toBeUndefined();
    }
  });

  it.each([
    ['0', 0],
    [' 7 ', 7],
    ['0000000000000012', 12],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('of %j is the number %d', (text, value) => {
    expect(wholeNumber(element(`<A>${text}</A>`), 'A')).toBe(value);
  });

  it.each(['', '-1', '+1', '1.0', '1e3', '0x1', 'a1', '1a', '9007199254740992', '00000000000000001'])(
    'of %j is no number',
    (text) => {
      expect(() => wholeNumber(element(`<A>${text}</A>`), 'A')).toThrow(unexpected);
    },
  );
});
