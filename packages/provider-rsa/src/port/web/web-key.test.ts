import { describe, expect, it } from 'vitest';
import { publicHalf } from '../../keys/key-half.js';
import { importKey, kept, keptForEach, known, whenKnown } from './web-key.js';

const doesNotParse = expect.objectContaining({
  code: 'ERR_MASTER_KEY',
  message: expect.stringContaining('publicKey does not parse'),
});

it('what is known at once is used at once', async () => {
  expect(whenKnown(1, (value) => value + 1)).toBe(2);
  const later = whenKnown(Promise.resolve(1), (value: number) => value + 1);
  expect(later).toBeInstanceOf(Promise);
  expect(await later).toBe(2);
});

describe('a value that is kept', () => {
  it('is made once, and a failure is not kept', async () => {
    let made = 0;
    const value = kept(async () => {
      made++;
      if (made === 1) throw new Error('once');
      return made;
    });
    await expect(value()).rejects.toThrow('once');
    expect(await Promise.all([value(), value()])).toEqual([2, 2]);
    expect(await value()).toBe(2);
  });

  it('is one for each algorithm', async () => {
    const made: string[] = [];
    const key = keptForEach(async (algorithm) => {
      made.push(algorithm);
      return algorithm as never;
    });
    expect(made).toEqual([]);
    for (let turn = 0; turn < 2; turn++) {
      expect(await key('rsa-oaep-sha1')).toBe('rsa-oaep-sha1');
      expect(await key('rsa-oaep-sha256')).toBe('rsa-oaep-sha256');
    }
    expect(made).toEqual(['rsa-oaep-sha1', 'rsa-oaep-sha256']);
  });
});

it('a key that the runtime refuses does not parse', async () => {
  await expect(importKey(publicHalf, { kty: 'RSA' }, 'rsa-oaep-sha1', 'encrypt')).rejects.toThrow(
    doesNotParse,
  );
  expect(known(publicHalf, 7)).toBe(7);
  expect(() => known(publicHalf, undefined)).toThrow(doesNotParse);
});
