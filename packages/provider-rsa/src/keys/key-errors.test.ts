import { MasterKeyError } from '@oss-envelope/core';
import { expect, it } from 'vitest';
import { doesNotParse, notRsa, passphraseMissing, passphraseWrong, wrongHalf } from './key-errors.js';
import { privateHalf, publicHalf } from './key-half.js';

it.each([notRsa, doesNotParse, wrongHalf, passphraseMissing, passphraseWrong])(
  'an error names the half that it is about: %o',
  (make) => {
    for (const half of [publicHalf, privateHalf]) {
      const error = make(half);
      expect(error).toBeInstanceOf(MasterKeyError);
      expect(error.message.startsWith(`${half.role} `)).toBe(true);
    }
  },
);
