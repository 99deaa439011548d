import { describe, expect, it } from 'vitest';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import {
  assertOptions,
  functionOption,
  oneOf,
  text,
  textRecord,
  trueOrFalse,
  wholeNumber,
} from './option-checks.js';

const known = ['publicKey', 'privateKey', 'passphrase', 'now', 'expiresSeconds'];

describe('assertOptions', () => {
  it('takes known names, of which none need be there', () => {
    expect(() => assertOptions('options', {}, known)).not.toThrow();
    expect(() => assertOptions('options', { now: undefined, privateKey: 1 }, known)).not.toThrow();
  });

  it.each([
    ['privatKey', 'options.privatKey is not an option; check its spelling (did you mean privateKey?)'],
    ['PRIVATEKEY', 'options.PRIVATEKEY is not an option; check its spelling (did you mean privateKey?)'],
    ['expires', 'options.expires is not an option; check its spelling (did you mean expiresSeconds?)'],
    ...['nwo', 'constructor', 'x'.repeat(1000)].map((name) => [
      name,
      `options.${name} is not an option; check its spelling; there are publicKey, privateKey, passphrase, now, expiresSeconds`,
    ]),
  ])('refuses %s by name', (name = '', message) => {
    const refused = () => assertOptions('options', { [name]: undefined }, known);
    expect(refused).toThrow(InvalidArgumentError);
    expect(refused).toThrow(expect.objectContaining({ message, argument: `options.${name}` }));
  });

  it.each([[undefined], [null], ['text'], [[1]], [() => {}]])('refuses %s, which is no object', (value) => {
    expect(() => assertOptions('options', value, known)).toThrow('options must be an object');
  });
});

it('assertOptions tells a promise of options, which has no names to check', () => {
  expect(() => assertOptions('options', Promise.resolve({}), known)).toThrow('not a promise: await it');
});

describe('wholeNumber', () => {
  it('takes the bounds and what lies between, and the fallback for undefined', () => {
    expect(wholeNumber('n', 1, { least: 1, most: 3 })).toBe(1);
    expect(wholeNumber('n', 3, { least: 1, most: 3 })).toBe(3);
    expect(wholeNumber('n', undefined, { least: 1 }, 2)).toBe(2);
  });

  it.each([[0], [4], [1.5], [Number.NaN], [Number.POSITIVE_INFINITY], [2 ** 53]])(
    'refuses %s by its size',
    (value) => {
      expect(() => wholeNumber('n', value, { least: 1, most: 3 })).toThrow(OutOfRangeError);
      expect(() => wholeNumber('n', value, { least: 1, most: 3 })).toThrow(
        'n must be a whole number from 1 to 3',
      );
    },
  );

  it('names one bound where there is one', () => {
    expect(() => wholeNumber('n', -1, { least: 0 })).toThrow('n must be a whole number of at least 0');
  });

  it.each([['1'], [null], [1n], [undefined]])('refuses %s by its kind', (value) => {
    expect(() => wholeNumber('n', value, { least: 1, most: 3 })).toThrow(InvalidArgumentError);
  });
});

describe('the other checks', () => {
  it('oneOf names the choices', () => {
    expect(oneOf('version', undefined, ['v1', 'v4'], 'v4')).toBe('v4');
    expect(oneOf('version', 'v1', ['v1', 'v4'])).toBe('v1');
    expect(() => oneOf('version', 'v2', ['v1', 'v4'])).toThrow("version must be 'v1' or 'v4'");
    expect(() => oneOf('version', undefined, ['a', 'b', 'c'])).toThrow("version must be 'a', 'b' or 'c'");
    expect(() => oneOf('version', 1, ['a'])).toThrow("version must be 'a'");
  });

  it('text, trueOrFalse and functionOption refuse other kinds', () => {
    expect(text('name', 'a')).toBe('a');
    expect(() => text('name', '')).toThrow('name must be a text that is not empty');
    expect(() => text('name', 1)).toThrow(InvalidArgumentError);
    expect(trueOrFalse('flag', undefined, true)).toBe(true);
    expect(trueOrFalse('flag', false, true)).toBe(false);
    expect(() => trueOrFalse('flag', 'yes', true)).toThrow('flag must be true or false');
    expect(functionOption('now', undefined, Date.now)).toBe(Date.now);
    expect(() => functionOption('now', 5 as never, Date.now)).toThrow('now must be a function');
  });

  it('textRecord copies, and refuses what is no text', () => {
    const given = { a: '1' };
    const copy = textRecord('description', given);
    given.a = '2';
    expect(copy).toEqual({ a: '1' });
    expect(textRecord('description', undefined)).toEqual({});
    for (const value of [null, [], 'a', { a: 1 }]) {
      expect(() => textRecord('description', value)).toThrow(
        'description must be an object whose values are strings',
      );
    }
  });
});
