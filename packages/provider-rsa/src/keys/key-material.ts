import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { type PemBlock, parsePem } from './pem.js';
import {
  privateComponentsOfJwk,
  publicComponentsOfJwk,
  type RsaPrivateComponents,
  type RsaPublicComponents,
} from './rsa-components.js';
import type { CryptoKeyLike, KeyObjectLike, RsaJwk, RsaKeyInput } from './rsa-key-input.js';

/** Which half of the pair an argument is for; also its name. */
export type KeyRole = 'publicKey' | 'privateKey';

/** A key's DER with the name of its structure. */
export interface DerKey<Structure extends string> {
  readonly kind: 'der';
  readonly structure: Structure;
  readonly der: Uint8Array<ArrayBuffer>;
}

/** A PEM block whose DER is encrypted as RFC 1421 once described (`Proc-Type: 4,ENCRYPTED`). */
export interface EncryptedPem {
  readonly kind: 'encrypted-pem';
  readonly block: PemBlock;
  readonly text: string;
}

/** A key that lives in the runtime: the object itself. */
export type RuntimeKey =
  | { readonly kind: 'crypto-key'; readonly key: CryptoKeyLike }
  | { readonly kind: 'key-object'; readonly key: KeyObjectLike };

/** A public key, told apart by its form. */
export type PublicKeyMaterial =
  | DerKey<'spki' | 'pkcs1'>
  | EncryptedPem
  | { readonly kind: 'components'; readonly components: RsaPublicComponents }
  | RuntimeKey;

/** A private key, told apart by its form. */
export type PrivateKeyMaterial =
  | DerKey<'pkcs8' | 'pkcs1' | 'encrypted-pkcs8'>
  | EncryptedPem
  | { readonly kind: 'components'; readonly components: RsaPrivateComponents }
  | RuntimeKey;

/** The errors that both halves share; none of them holds anything of the key. */
export const keyErrors = {
  notRsa: (role: KeyRole): MasterKeyError =>
    new MasterKeyError(
      `${role} is not an RSA key. Make one with generateRsaKeyPair, or with openssl genrsa 3072.`,
    ),
  doesNotParse: (role: KeyRole): MasterKeyError =>
    new MasterKeyError(
      `${role} does not parse: it is damaged, or incomplete. Compare it with the file or the store it came from.`,
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

/** Throws unless a runtime's key object is the half that `role` asks for. */
export function assertKeyRole(role: KeyRole, type: 'private' | 'public' | 'secret'): void {
  if (type === 'secret') throw keyErrors.notRsa(role);
  if (type !== (role === 'publicKey' ? 'public' : 'private')) throw keyErrors.wrongHalf(role);
}

/**
 * Tells a public key's form.
 *
 * @throws MasterKeyError for a private key, a key that is not RSA, or text that is no PEM
 * @throws InvalidArgumentError for a value of another kind
 */
export function classifyPublicKey(input: RsaKeyInput): PublicKeyMaterial {
  const role = 'publicKey';
  const form = formOf(input, role);
  if (form.kind === 'jwk') {
    if (form.jwk.d !== undefined) throw keyErrors.wrongHalf(role);
    const components = publicComponentsOfJwk(form.jwk);
    if (components === undefined) throw keyErrors.doesNotParse(role);
    return { kind: 'components', components };
  }
  if (form.kind !== 'pem') return form;
  const { block, text } = form;
  if (block.label === 'PUBLIC KEY' || block.label === 'RSA PUBLIC KEY') {
    if (block.headers.has('dek-info')) return { kind: 'encrypted-pem', block, text };
    return { kind: 'der', structure: block.label === 'PUBLIC KEY' ? 'spki' : 'pkcs1', der: block.bytes };
  }
  if (block.label.endsWith('PRIVATE KEY')) throw keyErrors.wrongHalf(role);
  throw foreignPem(role, block.label);
}

/**
 * Tells a private key's form.
 *
 * @throws MasterKeyError for a public key, a key that is not RSA, or text that is no PEM
 * @throws InvalidArgumentError for a value of another kind
 */
export function classifyPrivateKey(input: RsaKeyInput): PrivateKeyMaterial {
  const role = 'privateKey';
  const form = formOf(input, role);
  if (form.kind === 'jwk') {
    if (form.jwk.d === undefined) throw keyErrors.wrongHalf(role);
    const components = privateComponentsOfJwk(form.jwk);
    if (components === undefined) throw keyErrors.doesNotParse(role);
    return { kind: 'components', components };
  }
  if (form.kind !== 'pem') return form;
  const { block, text } = form;
  switch (block.label) {
    case 'PRIVATE KEY':
      return { kind: 'der', structure: 'pkcs8', der: block.bytes };
    case 'ENCRYPTED PRIVATE KEY':
      return { kind: 'der', structure: 'encrypted-pkcs8', der: block.bytes };
    case 'RSA PRIVATE KEY':
      if (block.headers.has('dek-info')) return { kind: 'encrypted-pem', block, text };
      return { kind: 'der', structure: 'pkcs1', der: block.bytes };
    case 'PUBLIC KEY':
    case 'RSA PUBLIC KEY':
      throw keyErrors.wrongHalf(role);
    default:
      throw foreignPem(role, block.label);
  }
}

type Form =
  | { readonly kind: 'pem'; readonly block: PemBlock; readonly text: string }
  | { readonly kind: 'jwk'; readonly jwk: RsaJwk }
  | RuntimeKey;

function formOf(input: RsaKeyInput, role: KeyRole): Form {
  if (typeof input === 'string') {
    const block = parsePem(input);
    if (block !== undefined) return { kind: 'pem', block, text: input };
    if (input.includes('-----BEGIN ')) throw keyErrors.doesNotParse(role);
    throw new MasterKeyError(
      `${role} is text but not PEM. Pass the content of the key file, which begins with -----BEGIN, not its path.`,
    );
  }
  if (typeof input === 'object' && input !== null) {
    if ('extractable' in input) {
      if (!input.algorithm.name.startsWith('RSA')) throw keyErrors.notRsa(role);
      assertKeyRole(role, input.type);
      return { kind: 'crypto-key', key: input };
    }
    if ('export' in input && typeof input.export === 'function') {
      assertKeyRole(role, input.type);
      if (input.asymmetricKeyType !== 'rsa') throw keyErrors.notRsa(role);
      return { kind: 'key-object', key: input };
    }
    if ('kty' in input && typeof input.kty === 'string') {
      if (input.kty !== 'RSA') throw keyErrors.notRsa(role);
      return { kind: 'jwk', jwk: input };
    }
  }
  throw new InvalidArgumentError(
    role,
    'must be an RSA key: the text of a PEM file (not its bytes), a JSON Web Key, a CryptoKey or a KeyObject',
  );
}

function foreignPem(role: KeyRole, label: string): MasterKeyError {
  if (label === 'EC PRIVATE KEY' || label === 'DSA PRIVATE KEY') return keyErrors.notRsa(role);
  if (label === 'OPENSSH PRIVATE KEY') {
    return new MasterKeyError(
      `${role} is in OpenSSH's own format. Convert a copy of it to PKCS#8 with ssh-keygen -p -m PKCS8 -f FILE.`,
    );
  }
  if (label.endsWith('CERTIFICATE')) {
    return new MasterKeyError(
      `${role} is a certificate. Take the public key out of it with openssl x509 -pubkey -noout -in FILE.`,
    );
  }
  return new MasterKeyError(
    `${role} is PEM of another kind. Pass a block that begins with ${
      role === 'publicKey'
        ? 'BEGIN PUBLIC KEY or BEGIN RSA PUBLIC KEY'
        : 'BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY'
    }.`,
  );
}
