import { describe, expect, it } from 'vitest';
import { ObjectMismatchError } from '../errors/errors.js';
import { assertContext } from './context-check.js';

// S11.
describe('the context that is asked for', () => {
  it('may be a part of that of the object', () => {
    for (const asked of [{}, { tenant: '7' }, { kind: 'x', tenant: '7' }]) {
      expect(() => assertContext({ tenant: '7', kind: 'x' }, asked)).not.toThrow();
    }
  });

  it.each([
    ['a pair of another value', { kind: 'x', tenant: '8' }, /it has another value for "tenant"\. Check/],
    ['a pair that is not there', { region: 'a' }, /it has no "region"\. Check/],
    ['a pair that each object inherits', { toString: 'x' }, /it has no "toString"\. Check/],
  ])('is not that of the object with %s: the error names the pair, and no value', (_, asked, message) => {
    const check = (): void => assertContext({ tenant: '7', kind: 'x' }, asked as Record<string, string>);
    expect(check).toThrow(ObjectMismatchError);
    expect(check).toThrow(message);
    expect(check).not.toThrow(/[78]/);
  });

  it('is named by the start of a long name', () => {
    const check = (): void => assertContext({}, { ['n'.repeat(8000)]: 'x' });
    expect(check).toThrow(`it has no "${'n'.repeat(99)}. Check`);
  });
});
