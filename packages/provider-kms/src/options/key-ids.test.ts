import { InvalidArgumentError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import { checkedKeyId, checkedReadKeyIds, isSameKey } from './key-ids.js';

const arn = 'acs:kms:cn-hangzhou:1:key/1234-ABCD';

describe('the id of a key', () => {
  test.each(['k', 'alias/photos', arn, '~'.repeat(512)])('is %s', (id) => {
    expect(checkedKeyId('keyId', id)).toBe(id);
  });
  test.each(['', ' k', 'k ', 'a b', 'é', 'k\n', 'x'.repeat(513), 5, undefined, null])(
    'is not %j',
    (value) => {
      expect(() => checkedKeyId('keyId', value)).toThrow(InvalidArgumentError);
      expect(() => checkedKeyId('keyId', value)).toThrow(expect.objectContaining({ argument: 'keyId' }));
    },
  );
  test('is the same in an ARN, and in any case', () => {
    expect(isSameKey(arn, '1234-abcd')).toBe(true);
    expect(isSameKey('1234-abcd', arn)).toBe(true);
    expect(isSameKey('1234-abcd', '1234-abce')).toBe(false);
    expect(isSameKey('a/b', 'b/a')).toBe(false);
  });
});

describe('the keys that are read under', () => {
  test.each<[unknown, string | undefined, readonly string[] | undefined]>([
    ['any', 'k', undefined],
    [undefined, 'k', ['k']],
    [undefined, arn, [arn]],
    [undefined, undefined, undefined],
    [undefined, 'alias/photos', undefined],
    [undefined, 'acs:kms:cn-hangzhou:1:alias/photos', undefined],
    [undefined, 'my-alias/photos', ['my-alias/photos']],
    [['a', arn], 'k', ['a', arn]],
  ])('%j beside the key %j are %j', (keyIds, keyId, read) => {
    expect(checkedReadKeyIds(keyIds, keyId)).toEqual(read);
  });
  test.each<[unknown, string]>([
    [[], 'keyIds'],
    ['all', 'keyIds'],
    [{ length: 1 }, 'keyIds'],
    [['a', ''], 'keyIds[1]'],
    [['alias/photos'], 'keyIds[0]'],
    [['a', 'acs:kms:cn-hangzhou:1:alias/photos'], 'keyIds[1]'],
  ])('%j are refused', (keyIds, argument) => {
    expect(() => checkedReadKeyIds(keyIds, 'k')).toThrow(expect.objectContaining({ argument }));
  });
});
