import type { OssEnvelopeError } from '../errors/errors.js';
import type { ObjectInfo } from '../reading/object-info.js';

/** An object in a list. What a list says is a claim of the server, and lists have no envelopes. */
export interface ListedObjectEntry {
  readonly kind: 'object';
  /** As the server names it. Not every key that can be stored can be asked for: see `assertObjectKey`. */
  readonly key: string;
  /** The size of what is stored, in bytes. */
  readonly storedSizeBytes: number;
  /** The size of the plaintext in bytes. A list does not tell: known only by the option `withInfo`. */
  readonly sizeBytes: number | undefined;
  /**
   * The size that the plaintext has if this bucket opens the object, in bytes: known without a HEAD where all that the
   * bucket reads is stored in one way, as in a bucket that reads `'sealed'` only. Undefined for an object of a size that
   * it cannot open.
   */
  readonly sizeBytesIfOpened: number | undefined;
  readonly etag: string;
  readonly lastModified: Date | undefined;
  readonly storageClass: string | undefined;
  /** By the option `withInfo`: what `head` says of the object, which may have been replaced since it was listed. */
  readonly info?: ObjectInfo | undefined;
  /** By the option `withInfo`: why `head` says nothing, such as a broken envelope, or that the object is gone. */
  readonly failure?: OssEnvelopeError | undefined;
}

/** Keys that share what stands before a delimiter. */
export interface ListedPrefixEntry {
  readonly kind: 'prefix';
  /** The delimiter included. */
  readonly prefix: string;
}

/** What a list is made of. */
export type ListedEntry = ListedObjectEntry | ListedPrefixEntry;
