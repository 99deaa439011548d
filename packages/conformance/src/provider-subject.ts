import type { FormatName, KeyProvider, WrapAlgorithm } from '@oss-envelope/core';

/** What a provider is like, where providers may differ. */
export interface ProviderTraits {
  /** The formats that it writes. Default: all three. */
  readonly formats?: readonly FormatName[] | undefined;
  /**
   * Wrap algorithms under which a wrong master key, or changed bytes, may give bytes that look random rather than an
   * error, as PKCS#1 v1.5 with implicit rejection does. Default: none.
   */
  readonly opensAsNoise?: readonly WrapAlgorithm[] | undefined;
  /**
   * Whether wrapped bytes name their master key, as those of KMS do: changed ones may then be refused with ERR_SERVICE,
   * since they name a key that is not there. Default: false.
   */
  readonly namesMasterKey?: boolean | undefined;
  /**
   * The formats in which it wraps no key but those that it makes, as KMS does in `'sealed'`: it must refuse others with
   * ERR_MASTER_KEY. Default: none.
   */
  readonly wrapsOwnKeysOnly?: readonly FormatName[] | undefined;
  /** Whether it binds wrapping keys of `'sealed'` to the context of the object, as KMS does. Default: false. */
  readonly bindsContext?: boolean | undefined;
  /** Whether it has `deriveSecret`, as providers of a key pair should. Default: false. */
  readonly derivesSecret?: boolean | undefined;
  /**
   * Wrap algorithms that it writes, and that this runtime cannot unwrap: it must refuse with ERR_ALGORITHM_NOT_SUPPORTED
   * then. Default: none.
   */
  readonly refusesToUnwrap?: readonly WrapAlgorithm[] | undefined;
}

/** A key provider to be tried. */
export interface ProviderSubject {
  /** A provider that wraps and unwraps; always under the same master key. */
  createProvider(): KeyProvider | Promise<KeyProvider>;
  /** A provider of the same kind that must not open what the first one wraps. */
  createOtherProvider(): KeyProvider | Promise<KeyProvider>;
  /** A provider under the first one's master key that can wrap only, where there is such a thing. */
  createWriteOnlyProvider?(): KeyProvider | Promise<KeyProvider>;
  /** A provider under the first one's master key that can unwrap only, where there is such a thing. */
  createReadOnlyProvider?(): KeyProvider | Promise<KeyProvider>;
  readonly traits?: ProviderTraits | undefined;
}
