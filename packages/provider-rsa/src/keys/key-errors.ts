import { MasterKeyError } from '@oss-envelope/core';
import type { KeyHalf, KeyRole } from './key-half.js';

// The errors that both halves share. None of them holds anything of the key.

export function notRsa({ role }: KeyHalf): MasterKeyError {
  return new MasterKeyError(
    `${role} is not an RSA key. Make one with generateRsaKeyPair, or with openssl genrsa 3072.`,
  );
}

/** `cause`, where it is known, is a sentence that says what is wrong. */
export function doesNotParse({ role }: { readonly role: KeyRole }, cause?: string): MasterKeyError {
  return new MasterKeyError(
    `${role} does not parse: ${cause ?? 'it is damaged, or incomplete.'} Compare it with the file or the store it came from.`,
  );
}

export function wrongHalf(half: KeyHalf): MasterKeyError {
  return new MasterKeyError(half.wrongHalf);
}

export function passphraseMissing({ role }: KeyHalf): MasterKeyError {
  return new MasterKeyError(`${role} is encrypted. Pass its passphrase as passphrase.`);
}

export function passphraseWrong({ role }: KeyHalf): MasterKeyError {
  return new MasterKeyError(
    `${role} does not open: the passphrase is wrong, or the encrypted key is damaged.`,
  );
}
