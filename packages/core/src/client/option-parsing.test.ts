import { describe, expect, it } from 'vitest';
import { flag, optional, parseArgument, text } from './option-parsing.js';

describe('options that are left out', () => {
  it('are asked for each time where they are needed', () => {
    const checks = { name: text, isLarge: optional(flag) };
    for (let call = 0; call < 3; call++) {
      expect(() => parseArgument('options', {}, checks)).toThrow('options.name');
      expect(parseArgument('options', { name: 'a' }, checks)).toEqual({ name: 'a' });
    }
  });

  it('give a new object each time where none is needed', () => {
    const checks = { isLarge: optional(flag) };
    const first = parseArgument('options', {}, checks);
    first.isLarge = true;
    expect(parseArgument('options', {}, checks)).toEqual({});
    expect(() => parseArgument('options', { large: true }, checks)).toThrow('options.large');
    expect(() => parseArgument('options', new Map(), checks)).not.toThrow();
    expect(() => parseArgument('options', null, checks)).toThrow('options');
    expect(parseArgument('options', Object.create({ isLarge: true }), checks)).toEqual({ isLarge: true });
  });
});
