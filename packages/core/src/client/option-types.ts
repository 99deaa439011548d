import type { ByteRange } from '../cipher/plaintext-range.js';
import type { CheckpointStore } from '../contract/checkpoint-store.js';
import type { EncryptionContext, FormatName, KeyProvider } from '../contract/key-provider.js';
import type { ObjectAcl, ObjectTransport } from '../contract/object-transport.js';
import type { RandomBytes } from '../envelope/start-value.js';
import type { UserMetadata } from '../envelope/user-metadata.js';
import type { KeyReuse } from '../envelope/wrapping-key-pool.js';
import type { OnProgress } from '../stream/progress.js';

/** How a bucket is reached, and how its objects are encrypted. */
export interface EncryptedBucketOptions {
  readonly transport: ObjectTransport;
  /** Wraps the data keys of what is written, and unwraps those of what it wrote. */
  readonly provider: KeyProvider;
  /** Further master keys to read with, such as last year's. They unwrap only. */
  readonly otherProviders?: readonly KeyProvider[] | undefined;
  /**
   * Of `'sealed'`: further master keys that open what is written, such as an auditor's. At most eight. They wrap only:
   * an auditor's public key is enough here.
   */
  readonly recipients?: readonly KeyProvider[] | undefined;
  /**
   * Of `'sealed'`: pairs of text that say what the objects are, such as `{ tenant: '7' }`. They are stored in the clear
   * and authenticated. An object that has other values for them, or none, does not open here.
   */
  readonly context?: EncryptionContext | undefined;
  /**
   * Of `'sealed'`: `'key'` (the default) binds each object to its name, the key that it is stored as. One that was put in
   * another's place does not open then. `'none'` lets any tool move objects.
   */
  readonly bound?: 'key' | 'none' | undefined;
  /** Of `'sealed'`: for how many objects, and for how long, one wrapping key of a master key is used. */
  readonly keyReuse?: KeyReuse | undefined;
  /**
   * The formats that are read. By default a bucket that writes `'sealed'` reads only that, and any other bucket reads
   * all. Whoever can write to the bucket could otherwise put an object without authentication in the place of a sealed
   * one.
   */
  readonly reads?: readonly FormatName[] | undefined;
  /**
   * The format to write: `'sealed'`, the authenticated one, for new data; `'oss-crypto'`, the documented system's; or
   * `'client-side-encryption'`, which today's official SDKs write. It has no default, since it is a promise to every
   * other reader of the bucket. What is read is up to `reads`.
   */
  readonly format: FormatName;
  /**
   * What reads do with an object that is not encrypted: `'error'` (the default) refuses it, `'pass'` gives it as it is.
   * With `'pass'`, whoever can write to the bucket can put plaintext of their own in the place of an encrypted object.
   */
  readonly onPlainObject?: 'error' | 'pass' | undefined;
  /**
   * What to do with an object whose material description belongs to no provider. `'error'` (the default) refuses it.
   * `'use-provider'` asks the first provider that has the wrap algorithm, as the Go, PHP and Python v2 SDKs do.
   */
  readonly onUnknownDescription?: 'error' | 'use-provider' | undefined;
  /** Reads some envelopes that break the rules; see `ParseEnvelopeOptions`. */
  readonly lenient?: boolean | undefined;
  /** The source of start values; by default the runtime's `crypto.getRandomValues`. */
  readonly randomBytes?: RandomBytes | undefined;
}

/** How a bucket is reached that is only written to, and how its objects are encrypted. */
export type UploadBucketOptions = Pick<
  EncryptedBucketOptions,
  'bound' | 'context' | 'format' | 'keyReuse' | 'provider' | 'randomBytes' | 'recipients' | 'transport'
>;

/** Options of every call. */
export interface CallOptions {
  /** Ends the call; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Further request headers, such as `x-oss-storage-class`, `cache-control` or `x-oss-traffic-limit`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Options of `put`. With `x-oss-callback` among the `headers`, the answer of the callback's server is part of the
 * result. When the callback fails, the call rejects with a ServiceError of status 203 and code `CallbackFailed`. The
 * object is stored all the same.
 */
export interface PutOptions extends CallOptions {
  /** The size of the content in bytes, where it is a stream whose size you know. It is checked. */
  readonly sizeBytes?: number | undefined;
  /** The Content-Type. By default `application/octet-stream`, since what is stored is ciphertext. */
  readonly contentType?: string | undefined;
  /** Your own metadata: stored in the clear, not authenticated. OSS writes their names in lower case. */
  readonly metadata?: UserMetadata | undefined;
  /**
   * Base64 of the plaintext's MD5. It is stored in the envelope, and readers check it. It is a fingerprint: whoever reads
   * the metadata can test guesses of the plaintext against it. So this project computes none by itself. Not for
   * `'sealed'`, which verifies each byte.
   */
  readonly contentMd5?: string | undefined;
  /**
   * Refuses to replace an object (`x-oss-forbid-overwrite`). When an answer is lost, or the server says that there is an
   * object, a HEAD shows by the envelope whether it is the one of this call.
   */
  readonly forbidOverwrite?: boolean | undefined;
  /**
   * Content above this size is sent in parts, 32 MiB by default. A stream of unknown length is sent in parts once it is
   * longer than a part. `'client-side-encryption'` must announce the length of a multipart upload. There such a stream
   * goes in one request, which OSS takes up to 5 GiB: give `sizeBytes` where it may be more.
   */
  readonly multipartThresholdBytes?: number | undefined;
  /**
   * The size of a part: 100 KiB or more, and a multiple of 16, in `'sealed'` of 16,384. By default it is chosen by the size
   * of the content.
   */
  readonly partSizeBytes?: number | undefined;
  /** How many parts may be under way at once, 3 by default; each holds one part's size of memory. */
  readonly concurrency?: number | undefined;
  /**
   * Lets an upload that failed go on where it stopped: call `put` again with the same content, from its first byte on,
   * and the same store. Needs `sizeBytes` for a stream, and a provider that can unwrap its own keys.
   */
  readonly checkpoint?: CheckpointStore | undefined;
  /** With `checkpoint`: a text that changes when the source does, such as a file's time of modification. */
  readonly sourceState?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Options of `put` of an `UploadBucket`. */
export type UploadOptions = Omit<PutOptions, 'checkpoint' | 'sourceState'>;

export interface HeadOptions extends CallOptions {
  readonly versionId?: string | undefined;
  /** Only if the object has this ETag; otherwise a ServiceError of status 412. */
  readonly ifMatch?: string | undefined;
  /** Only if the object has another ETag; otherwise a ServiceError of status 304. */
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: Date | undefined;
  readonly ifUnmodifiedSince?: Date | undefined;
}

/** Options of the calls that decrypt. */
export interface DecryptOptions extends HeadOptions {
  /** Overrides the bucket's `onPlainObject`. */
  readonly onPlainObject?: 'error' | 'pass' | undefined;
  /** Of `'sealed'`: the key that the object was stored as, when another tool has moved it since. */
  readonly sealedAs?: string | undefined;
  /**
   * Pairs that the object's context must have, besides those of the bucket. Only sealed objects have a context, so
   * another object is refused.
   */
  readonly context?: EncryptionContext | undefined;
}

export interface GetOptions extends DecryptOptions {
  /** A part of the plaintext. It may begin and end at any byte. */
  readonly range?: ByteRange | undefined;
  /** Called as the content is read. */
  readonly onProgress?: OnProgress | undefined;
  /**
   * How long the reader of the content may ask for nothing, in milliseconds. After that the connection is released, and
   * the next read rejects with a TransportError. No limit by default. For content that goes to a client who may go away.
   */
  readonly readerTimeoutMs?: number | undefined;
}

/** Options of `verify`, which reads all of an object. */
export type VerifyOptions = Omit<GetOptions, 'range'>;

export interface OpenOptions extends DecryptOptions {
  /** How many of the first bytes come along with the envelope; 64 KiB by default. */
  readonly prefetchBytes?: number | undefined;
}

/** Options of a download in ranges. */
export interface DownloadOptions {
  /** The size of a range: 8 MiB by default, and 1000 bytes at least. */
  readonly partSizeBytes?: number | undefined;
  /** How many ranges are fetched at once, 3 by default. */
  readonly concurrency?: number | undefined;
  /** Ranges that the sink has already: by index, the CRC-64 of their ciphertext. They must be of this `partSizeBytes`. */
  readonly completed?: ReadonlyMap<number, string> | undefined;
  /** Called when the sink has a range. If it rejects, the download fails with the same error. */
  readonly onCompleted?: ((index: number, crc64: string) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface DeleteOptions extends CallOptions {
  readonly versionId?: string | undefined;
}

export interface ExistsOptions extends CallOptions {
  readonly versionId?: string | undefined;
}

export interface ListOptions extends CallOptions {
  /** Only keys that begin with it. */
  readonly prefix?: string | undefined;
  /** Keys that are the same up to it, behind the prefix, become one entry. `'/'` lists like a folder. */
  readonly delimiter?: string | undefined;
  /** Only keys behind this one, in the order of their UTF-8 bytes: the last key of an earlier list, say. */
  readonly startAfter?: string | undefined;
  /** How many entries one request asks for, 1 to 1000; 1000 by default. */
  readonly pageSize?: number | undefined;
  /** Asks for each object by a HEAD: how it is encrypted, and the size of its plaintext. */
  readonly withInfo?: boolean | undefined;
  /** How many HEADs may be under way at once, 8 by default. */
  readonly concurrency?: number | undefined;
}

export interface DeleteManyOptions extends CallOptions {
  /** How many objects are deleted at once where the transport deletes one by one, 8 by default. */
  readonly concurrency?: number | undefined;
}

export interface PresignGetOptions extends CallOptions {
  /** How long the URL lives: 1 to 604,800 (a week). */
  readonly expiresSeconds: number;
  readonly versionId?: string | undefined;
}

export interface PresignPutOptions
  extends Pick<
    PutOptions,
    'contentMd5' | 'contentType' | 'forbidOverwrite' | 'headers' | 'metadata' | 'signal'
  > {
  /** How long the URL lives: 1 to 604,800 (a week). */
  readonly expiresSeconds: number;
  /** The size of the content in bytes, when it is known. It is checked, and recorded where the format does so. */
  readonly sizeBytes?: number | undefined;
}

export interface OpenUrlOptions
  extends Pick<
    GetOptions,
    'context' | 'headers' | 'onPlainObject' | 'onProgress' | 'range' | 'readerTimeoutMs' | 'signal'
  > {
  /**
   * The key that the object was stored as. By default it is taken from the path of the URL. Where the path also has the
   * bucket, the transport must know its name.
   */
  readonly key?: string | undefined;
}

/** Options of the calls that keep all that an object is. */
interface KeepingOptions {
  /** Ends the call; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The ACL that the object has of its own, if you know it; `'default'` for none. OSS does not copy it, so it is asked for
   * (`oss:GetObjectAcl`) unless you give it.
   */
  readonly acl?: ObjectAcl | undefined;
  /** Of `'sealed'`: the key that the object was stored as, when another tool has moved it since. */
  readonly sealedAs?: string | undefined;
}

export interface RewrapOptions extends KeepingOptions {
  /** Of `'sealed'`: pairs that the object's context must have, besides those of the bucket. */
  readonly context?: EncryptionContext | undefined;
}

export interface RenameOptions extends KeepingOptions {
  /** Overrides the bucket's `onPlainObject`. */
  readonly onPlainObject?: 'error' | 'pass' | undefined;
  /** Refuses to replace an object (`x-oss-forbid-overwrite`). It has no effect in a bucket with versions. */
  readonly forbidOverwrite?: boolean | undefined;
}

/** Options of `copy`. What is left out is as it is at the source. */
export interface CopyOptions extends RenameOptions, CallOptions {
  /** An older version of the source. */
  readonly versionId?: string | undefined;
  /** Your own metadata for the copy, in the place of those of the source. */
  readonly metadata?: UserMetadata | undefined;
  readonly contentType?: string | undefined;
}

/** Options of `reencrypt`. */
export interface ReencryptOptions extends KeepingOptions {
  /** The format to write; by default that of the bucket. */
  readonly format?: FormatName | undefined;
  /** Of `'sealed'`: pairs that the object's context must have, besides those of the bucket. */
  readonly context?: EncryptionContext | undefined;
  /** Overrides the bucket's `onPlainObject`: `'pass'` encrypts an object that is not encrypted yet. */
  readonly onPlainObject?: 'error' | 'pass' | undefined;
  /** The size of a part, for objects above 4 MiB; as in `put`. */
  readonly partSizeBytes?: number | undefined;
  /** How many parts may be under way at once, 3 by default; each holds one part's size of memory. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: OnProgress | undefined;
}
