import { describe, expect, it } from 'vitest';
import { selectKeys } from './key-flags.js';

const select = (flags: Parameters<typeof selectKeys>[0]) =>
  selectKeys(flags, {}, (message) => new TypeError(message));

describe('a key with its description', () => {
  it.each([
    ['old.pem', 'old.pem', {}],
    ['old.pem#key=2026', 'old.pem', { key: '2026' }],
    ['old.pem#key=2026,site=hz', 'old.pem', { key: '2026', site: 'hz' }],
    ['C# keys/old.pem', 'C# keys/old.pem', {}],
    ['C# keys/old.pem#key=2026', 'C# keys/old.pem', { key: '2026' }],
    ['odd#a=b#', 'odd#a=b', {}],
    ['kms:alias/photos#key=1', 'kms:alias/photos', { key: '1' }],
  ])('%s', (text, place, description) => {
    expect(select({ otherKey: [text] }).others).toEqual([
      { kind: 'any', place, description, from: '--other-key' },
    ]);
    expect(select({ recipient: [text] }).recipients).toMatchObject([{ place, description }]);
  });

  it.each([
    [{ otherKey: ['a#key=1,key=2'] }],
    [{ recipient: ['a#key=1,key=1'] }],
    [{ key: 'a', description: ['key=1', 'key=2'] }],
  ])('refuses a name twice: %j', (flags) => {
    expect(() => select(flags)).toThrow('"key" was given twice');
  });

  it.each([{ key: 'a', description: ['2026'] }, { otherKey: ['a#=2026'] }])('refuses %j', (flags) => {
    expect(() => select(flags)).toThrow('NAME=VALUE');
  });
});
