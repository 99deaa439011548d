import { InvalidArgumentError } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import { keyLinesOf, named } from './key-lines.js';

describe('the lines of a key file', () => {
  it('are those with a key, and where they stand', () => {
    expect(keyLinesOf('keys', '# a comment\n\n one \r\ntwo', 'keys of age')).toEqual([
      { text: 'one', argument: 'keys', place: 'has in line 3 what ' },
      { text: 'two', argument: 'keys', place: 'has in line 4 what ' },
    ]);
    expect(keyLinesOf('keys', ' one ', 'keys of age')).toEqual([
      { text: 'one', argument: 'keys', place: '' },
    ]);
  });

  it('are a thousand at most, in 256 KiB', () => {
    expect(keyLinesOf('keys', 'k\n'.repeat(1000), 'keys of age')).toHaveLength(1000);
    expect(() => keyLinesOf('keys', 'k\n'.repeat(1001), 'keys of age')).toThrow(/too long for keys of age/);
    expect(keyLinesOf('keys', 'k'.repeat(256 * 1024), 'keys of age')).toHaveLength(1);
    expect(() => keyLinesOf('keys', 'k'.repeat(256 * 1024 + 1), 'keys of age')).toThrow(InvalidArgumentError);
  });

  it.each(['', ' \n ', '# only a comment'])('are there: %j', (text) => {
    expect(() => keyLinesOf('keys', text, 'keys of age')).toThrow(
      expect.objectContaining({ argument: 'keys' }),
    );
  });

  it('come from a list, or from the one thing that stands for it', () => {
    expect(named('keys', 'a')).toEqual([['keys', 'a']]);
    expect(named('keys', ['a', 'b'])).toEqual([
      ['keys[0]', 'a'],
      ['keys[1]', 'b'],
    ]);
    expect(() => named('keys', [])).toThrow(expect.objectContaining({ argument: 'keys' }));
  });
});
