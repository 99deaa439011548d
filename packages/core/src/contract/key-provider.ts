import type { FormatName, WrapAlgorithm } from '../envelope/formats.js';
import type { MaterialDescription } from '../envelope/material-description.js';
import type { SecretBytes } from './secret-bytes.js';

/** What a provider is asked for when an object is written. */
export interface CreateDataKeyRequest {
  /** The format that is written. */
  readonly format: FormatName;
  /**
   * The start value's plaintext as the format defines it: ASCII decimal digits in `'oss-crypto'`, the 16 bytes of the
   * first counter block in `'client-side-encryption'`. The provider wraps it beside the key; it is not secret.
   */
  readonly start: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** A fresh data key with its wrapped forms. */
export interface CreatedDataKey {
  /** 32 bytes from a cryptographic source, used for this object only. */
  readonly dataKey: SecretBytes;
  /** The wrapped key; the envelope holds its base64. */
  readonly wrappedKey: Uint8Array;
  /** The wrapped start value; the envelope holds its base64. */
  readonly wrappedStart: Uint8Array;
}

/** What a provider is asked for when an object is read. Every byte of it comes from the bucket. */
export interface UnwrapDataKeyRequest {
  readonly format: FormatName;
  readonly wrapAlgorithm: WrapAlgorithm;
  readonly wrappedKey: Uint8Array;
  readonly wrappedStart: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** What an envelope's wrapped values hold. */
export interface UnwrappedDataKey {
  readonly dataKey: SecretBytes;
  /** The start value's plaintext, as in `CreateDataKeyRequest.start`. */
  readonly start: Uint8Array;
}

/**
 * Wraps and unwraps data keys under one master key.
 *
 * Contract: both methods may be called concurrently. A provider retries on its own where that helps; its caller does
 * not. It keeps no reference to the bytes it is given, and what it returns is the caller's. It checks neither the
 * length of an unwrapped key nor the content of a start value: the client does, alike for all providers. An abort
 * rejects with `signal.reason`.
 */
export interface KeyProvider {
  /** The description written beside the wrapped key, by which a reader finds this master key again; `{}` for none. */
  readonly materialDescription: MaterialDescription;
  /** The wrap algorithm that it writes in each format; a format that is missing cannot be written. */
  readonly wraps: Readonly<Partial<Record<FormatName, WrapAlgorithm>>>;
  /** The wrap algorithms that it can read. It is never asked for another. */
  readonly unwraps: readonly WrapAlgorithm[];
  /**
   * Makes a data key and wraps it and the start value.
   *
   * @throws MasterKeyError when the master key cannot wrap (a private key alone, a key that is too small)
   * @throws ServiceError or TransportError from a remote key service
   */
  createDataKey(request: CreateDataKeyRequest): Promise<CreatedDataKey>;
  /**
   * Unwraps a data key and its start value.
   *
   * @throws KeyUnwrapError when the wrapped bytes do not open under this master key, without saying why
   * @throws MasterKeyError when the master key cannot unwrap (a public key alone)
   * @throws ServiceError or TransportError from a remote key service
   */
  unwrapDataKey(request: UnwrapDataKeyRequest): Promise<UnwrappedDataKey>;
}
