import type { SecretBytes } from './secret-bytes.js';

/** The formats in counter mode: that of the documented system, and that of today's official SDKs. */
export type CounterFormatName = 'oss-crypto' | 'client-side-encryption';

/** The metadata formats of an envelope: those in counter mode, and the authenticated one. */
export type FormatName = CounterFormatName | 'sealed';

/**
 * How a key is wrapped: with an RSA pair by one of two paddings, or by Alibaba Cloud KMS. A provider may have a name of
 * its own, for formats that take any.
 */
export type WrapAlgorithm = 'rsa-oaep-sha1' | 'rsa-pkcs1' | 'rsa-oaep-sha256' | 'kms' | (string & {});

/**
 * What a wrapped key of the format `'sealed'` is bound to (clause S14), so that it opens in no other format. It is
 * the label of RSA-OAEP, and the additional data of AES. In KMS it is the pair `sealedContext`.
 */
export const sealedLabel = 'oss-envelope/sealed/1';

/** Clause S14: the pair of the encryption context of KMS. */
export const sealedContext: EncryptionContext = { 'oss-envelope': 'sealed/1' };

/** The bytes of a key that is wrapped, in every format. */
export const dataKeyBytes = 32;

/** Names a master key among several, by any pairs of text. Order does not matter; `{}` is no description. */
export type MaterialDescription = Readonly<Record<string, string>>;

/** Pairs of text that a wrapped key is bound to: it opens only with the same pairs. They are not secret. */
export type EncryptionContext = Readonly<Record<string, string>>;

interface KeyRequest {
  /** The format of the envelope that holds the wrapped key. */
  readonly format: FormatName;
  /**
   * What the wrapped key is bound to. In `'sealed'` it is the context of the object, and only a provider that
   * `bindsContext` gets it. To unwrap, it comes from the bucket.
   */
  readonly context?: EncryptionContext | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a provider is asked for when an object is written. */
export interface WrapKeyRequest extends KeyRequest {
  /**
   * The key to wrap, 32 bytes. Left out, the provider makes a fresh one from a cryptographic source. In counter mode it
   * is the object's data key; in `'sealed'` a wrapping key, under which the data keys of many objects may be wrapped.
   */
  readonly key?: SecretBytes | undefined;
  /**
   * In formats with a start value, its plaintext: ASCII decimal digits in `'oss-crypto'`, the 16 bytes of the first
   * counter block in `'client-side-encryption'`. The provider wraps it beside the key. It is not secret.
   */
  readonly start?: Uint8Array | undefined;
}

/** A key with its wrapped form. */
export interface WrappedKey {
  /** The key of the request, or 32 fresh bytes that are used for this request only. */
  readonly key: SecretBytes;
  /** The wrapped key; the envelope holds its base64. */
  readonly wrappedKey: Uint8Array;
  /** The wrapped start value, when the request had one; the envelope holds its base64. */
  readonly wrappedStart?: Uint8Array | undefined;
}

/** What a provider is asked for when an object is read. Every byte of it comes from the bucket. */
export interface UnwrapKeyRequest extends KeyRequest {
  readonly wrapAlgorithm: WrapAlgorithm;
  readonly wrappedKey: Uint8Array;
  /** In formats with a start value. */
  readonly wrappedStart?: Uint8Array | undefined;
}

/** What an envelope's wrapped values hold. */
export interface UnwrappedKey {
  readonly key: SecretBytes;
  /** The start value's plaintext as in `WrapKeyRequest.start`, when the request had a wrapped one. */
  readonly start?: Uint8Array | undefined;
}

/**
 * Wraps and unwraps keys under one master key. An envelope with several wrapped keys has one provider for each.
 *
 * Contract: both methods may be called at the same time. A provider retries where that helps; its caller does not. It
 * keeps no reference to the bytes it is given. What it returns is the caller's, the bytes in `SecretBytes` too. It
 * does not check the length of an unwrapped key or the content of a start value: the client does, the same way for all
 * providers. An abort rejects with `signal.reason`.
 */
export interface KeyProvider {
  /** Written beside the wrapped key, so that a reader finds this master key again; `{}` for none. */
  readonly materialDescription: MaterialDescription;
  /** The wrap algorithm that it writes in each format. A format that is missing cannot be written. */
  readonly wraps: Readonly<Partial<Record<FormatName, WrapAlgorithm>>>;
  /** The wrap algorithms that it can read. It is never asked for another. */
  readonly unwraps: readonly WrapAlgorithm[];
  /**
   * Whether it binds wrapping keys of `'sealed'` to the context of the object, as KMS does. Default: false. The content
   * itself is bound to the context with every provider.
   */
  readonly bindsContext?: boolean | undefined;
  /**
   * Wraps a key, and a start value beside it where the request has one.
   *
   * @throws MasterKeyError when the master key cannot wrap (a private key alone, a key that is too small), or the
   *   provider only wraps keys that it made in this format
   * @throws ServiceError or TransportError from a remote key service
   */
  wrapKey(request: WrapKeyRequest): Promise<WrappedKey>;
  /**
   * Unwraps a key, and its start value where the request has one.
   *
   * @throws KeyUnwrapError when the wrapped bytes do not open under this master key, without saying why
   * @throws MasterKeyError when the master key cannot unwrap (a public key alone)
   * @throws ServiceError or TransportError from a remote key service
   */
  unwrapKey(request: UnwrapKeyRequest): Promise<UnwrappedKey>;
  /**
   * A secret that nobody has who can only wrap: 32 bytes, always the same for one master key and `purpose`, of which
   * nothing can be learnt about the master key. Undefined where there is none: a public key alone, or a private one that
   * is not given out.
   *
   * With it an upload that goes on later knows its own checkpoint. Without, everyone who can wrap and can write the
   * checkpoint could put a data key of his choice into it. So a provider of a key pair should have it; where wrapping
   * takes the secret itself, nothing is missing.
   */
  deriveSecret?(purpose: string): Promise<SecretBytes | undefined>;
}
