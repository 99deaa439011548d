import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { isPromise } from './is-promise.js';

it('knows promises of other realms', () => {
  expect(isPromise(Promise.resolve(1))).toBe(true);
  expect(isPromise(runInNewContext('Promise.resolve(1)'))).toBe(true);
  for (const value of [undefined, null, 1, new Uint8Array(1), {}]) expect(isPromise(value)).toBe(false);
});
