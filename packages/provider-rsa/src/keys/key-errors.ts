import { MasterKeyError } from '@oss-envelope/core';

/** Which half of the pair an argument is for; also its name. */
export type KeyRole = 'publicKey' | 'privateKey';

/** The errors that both halves share. None of them holds anything of the key. */
export const keyErrors = {
  notRsa: (role: KeyRole): MasterKeyError =>
    new MasterKeyError(
      `${role} is not an RSA key. Make one with generateRsaKeyPair, or with openssl genrsa 3072.`,
    ),
  /** `cause`, where it is known, is a sentence that says what is wrong. */
  doesNotParse: (role: KeyRole, cause?: string): MasterKeyError =>
    new MasterKeyError(
      `${role} does not parse: ${cause ?? 'it is damaged, or incomplete.'} Compare it with the file or the store it came from.`,
    ),
  wrongHalf: (role: KeyRole): MasterKeyError =>
    new MasterKeyError(
      role === 'publicKey'
        ? 'publicKey is a private key. Pass it as privateKey, and its public half as publicKey, so that a program that only writes need not hold the private one.'
        : 'privateKey is a public key, which cannot unwrap anything. Pass the private half of the pair, such as a PEM that begins with BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY.',
    ),
  passphraseMissing: (role: KeyRole): MasterKeyError =>
    new MasterKeyError(`${role} is encrypted. Pass its passphrase as passphrase.`),
  passphraseWrong: (role: KeyRole): MasterKeyError =>
    new MasterKeyError(`${role} does not open: the passphrase is wrong, or the encrypted key is damaged.`),
};
