import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { copyBytes } from '@oss-envelope/core/adapter';
import { doesNotParse, notRsa, wrongHalf } from './key-errors.js';
import { type KeyHalf, privateHalf, publicHalf } from './key-half.js';
import { readKeyBytes, readKeyText, type WrittenKey } from './key-text.js';
import type { PemBlock } from './pem.js';
import {
  privateComponentsOfJwk,
  publicComponentsOfJwk,
  type RsaPrivateComponents,
  type RsaPublicComponents,
} from './rsa-components.js';
import type { CryptoKeyLike, KeyObjectLike, RsaKeyInput } from './rsa-key-input.js';

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

/** Throws unless a runtime's key object is the half that is asked for. */
export function assertKeyHalf(half: KeyHalf, type: 'private' | 'public' | 'secret'): void {
  if (type === 'secret') throw notRsa(half);
  if (type !== half.type) throw wrongHalf(half);
}

/**
 * Tells a public key's form.
 *
 * @throws MasterKeyError for a private key, a key that is not RSA, or text that is no key
 * @throws InvalidArgumentError for a value of another kind
 */
export function classifyPublicKey(input: RsaKeyInput): PublicKeyMaterial {
  const half = publicHalf;
  const form = formOf(input, half);
  if (form.kind === 'jwk') {
    if (form.jwk.d !== undefined) throw wrongHalf(half);
    const components = publicComponentsOfJwk(form.jwk);
    if (components === undefined) throw doesNotParse(half, incompleteJwk('n and e'));
    return { kind: 'components', components };
  }
  if (form.kind !== 'pem') return form;
  const { block } = form;
  if (block.label === 'PUBLIC KEY' || block.label === 'RSA PUBLIC KEY') {
    if (block.headers.has('dek-info')) return { kind: 'encrypted-pem', block };
    return { kind: 'der', structure: block.label === 'PUBLIC KEY' ? 'spki' : 'pkcs1', der: block.bytes };
  }
  throw foreignPem(half, block.label);
}

/**
 * Tells a private key's form.
 *
 * @throws MasterKeyError for a public key, a key that is not RSA, or text that is no key
 * @throws InvalidArgumentError for a value of another kind
 */
export function classifyPrivateKey(input: RsaKeyInput): PrivateKeyMaterial {
  const half = privateHalf;
  const form = formOf(input, half);
  if (form.kind === 'jwk') {
    if (form.jwk.d === undefined) throw wrongHalf(half);
    const components = privateComponentsOfJwk(form.jwk);
    if (components === undefined) throw doesNotParse(half, incompleteJwk('n, e, d, p, q, dp, dq and qi'));
    return { kind: 'components', components };
  }
  if (form.kind !== 'pem') return form;
  const { block } = form;
  switch (block.label) {
    case 'PRIVATE KEY':
      return { kind: 'der', structure: 'pkcs8', der: block.bytes };
    case 'ENCRYPTED PRIVATE KEY':
      return { kind: 'der', structure: 'encrypted-pkcs8', der: block.bytes };
    case 'RSA PRIVATE KEY':
      if (block.headers.has('dek-info')) return { kind: 'encrypted-pem', block };
      return { kind: 'der', structure: 'pkcs1', der: block.bytes };
    default:
      throw foreignPem(half, block.label);
  }
}

function incompleteJwk(members: string): string {
  return `it has not all of ${members}, or one of them is no base64url.`;
}

function formOf(input: RsaKeyInput, half: KeyHalf): WrittenKey | RuntimeKey {
  const form = readForm(input, half);
  if (form.kind === 'jwk' && form.jwk.kty !== 'RSA') throw notRsa(half);
  return form;
}

function readForm(input: RsaKeyInput, half: KeyHalf): WrittenKey | RuntimeKey {
  if (typeof input === 'string') return readKeyText(input, half);
  const bytes = copyBytes(input);
  if (bytes !== undefined) return readKeyBytes(bytes, half);
  if (typeof input === 'object' && input !== null) {
    if ('extractable' in input) {
      if (!String(input.algorithm?.name).startsWith('RSA')) throw notRsa(half);
      assertKeyHalf(half, input.type);
      return { kind: 'crypto-key', key: input };
    }
    if ('export' in input && typeof input.export === 'function') {
      assertKeyHalf(half, input.type);
      if (input.asymmetricKeyType !== 'rsa') throw notRsa(half);
      return { kind: 'key-object', key: input };
    }
    if ('kty' in input && typeof input.kty === 'string') return { kind: 'jwk', jwk: input };
  }
  throw new InvalidArgumentError(
    half.role,
    'must be an RSA key: the text or bytes of a PEM or DER file, a JSON Web Key, a CryptoKey or a KeyObject',
  );
}

function foreignPem(half: KeyHalf, label: string): MasterKeyError {
  if (label === 'EC PRIVATE KEY' || label === 'DSA PRIVATE KEY' || label === 'EC PARAMETERS') {
    return notRsa(half);
  }
  if (label === 'OPENSSH PRIVATE KEY') {
    return new MasterKeyError(
      `${half.role} is in OpenSSH's own format. Convert a copy of it to PKCS#8 with ssh-keygen -p -m PKCS8 -f FILE.`,
    );
  }
  if (label.endsWith('CERTIFICATE')) {
    return new MasterKeyError(
      `${half.role} is a certificate. Take the public key out of it with openssl x509 -pubkey -noout -in FILE.`,
    );
  }
  if (label.endsWith(half.otherLabelEnd)) return wrongHalf(half);
  return new MasterKeyError(
    `${half.role} is PEM of another kind. Pass a block that begins with ${half.beginnings}.`,
  );
}
