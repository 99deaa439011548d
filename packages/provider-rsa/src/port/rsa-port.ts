import type { WrapAlgorithm } from '@oss-envelope/core';
import type { RsaKeyFacts } from '../keys/rsa-key-check.js';
import type { RsaKeyInput } from '../keys/rsa-key-input.js';

/**
 * How an RSA key wraps: RSAES-OAEP with SHA-1 and MGF1-SHA-1 (RFC 8017 §7.1), the same with SHA-256 and the label of
 * sealed objects (clause S14), or RSAES-PKCS1-v1_5 (§7.2).
 */
export type RsaWrapAlgorithm = Extract<WrapAlgorithm, 'rsa-oaep-sha1' | 'rsa-oaep-sha256' | 'rsa-pkcs1'>;

/** What the keys' own work depends on. */
export interface RsaPortOptions {
  readonly passphrase: string | undefined;
  /** Fills PKCS#1 v1.5 padding and blinds, where the runtime's own library does not. */
  readonly randomBytes: (lengthBytes: number) => Uint8Array;
  readonly allowPkcs1DecryptionInJavaScript: boolean;
}

/** A public key, ready for use. */
export interface RsaPublicKey extends RsaKeyFacts {
  /**
   * Wraps at most `modulus bytes - 42` bytes, or 66 fewer under SHA-256. The result is as long as the modulus.
   */
  wrap(algorithm: RsaWrapAlgorithm, bytes: Uint8Array): Promise<Uint8Array>;
}

/** A private key, ready for use. */
export interface RsaPrivateKey extends RsaKeyFacts {
  /**
   * Opens what `wrap` made. PKCS#1 v1.5 does not fail for wrong padding. It gives bytes that look random and depend
   * on the key and on `wrapped` only (implicit rejection). They have any length that the padding allows.
   *
   * @throws KeyUnwrapError for wrong OAEP padding, and for a length or a number that no encryption gives
   */
  unwrap(algorithm: RsaWrapAlgorithm, wrapped: Uint8Array): Promise<Uint8Array>;
  /** SHA-256 of the private exponent, padded to the modulus' length; undefined for a key that is not given out. */
  hashedExponent: (() => Promise<Uint8Array<ArrayBuffer>>) | undefined;
}

/** A value, or a promise of it where the runtime's cryptography is asynchronous. */
export type Awaitable<T> = T | Promise<T>;

/** @throws MasterKeyError, or rejects with it, for a key that cannot be used */
export type OpenPublicKey = (
  input: RsaKeyInput,
  options: Pick<RsaPortOptions, 'passphrase' | 'randomBytes'>,
) => Awaitable<RsaPublicKey>;

/** @throws MasterKeyError, or rejects with it, for a key that cannot be used */
export type OpenPrivateKey = (input: RsaKeyInput, options: RsaPortOptions) => Awaitable<RsaPrivateKey>;

/** RSA as one runtime offers it. Keys are parsed once, by `open…`, and kept. */
export interface RsaPort {
  readonly openPublicKey: OpenPublicKey;
  readonly openPrivateKey: OpenPrivateKey;
}
