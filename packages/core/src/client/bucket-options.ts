import * as z from 'zod/mini';
import type { CheckpointStore } from '../contract/checkpoint-store.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import type { ObjectTransport } from '../contract/object-transport.js';
import { decodeBase64 } from '../encoding/base64.js';
import type { RandomBytes } from '../envelope/start-value.js';
import type { UserMetadata } from '../envelope/user-metadata.js';
import type { ByteRange } from '../reading/byte-range.js';
import type { OnProgress } from '../stream/progress.js';

/** How a bucket is reached, and how its objects are encrypted. */
export interface EncryptedBucketOptions {
  readonly transport: ObjectTransport;
  /** Wraps the data keys of what is written, and unwraps those of what it wrote. */
  readonly provider: KeyProvider;
  /** Unwrap only: objects under older or foreign master keys. */
  readonly otherProviders?: readonly KeyProvider[] | undefined;
  /**
   * The format to write: `'oss-crypto'`, the documented system's, or `'client-side-encryption'`, which today's official
   * SDKs write. It has no default, since it is a promise to every other reader of the bucket. Reading needs none.
   */
  readonly format: FormatName;
  /**
   * What `get` does with an object without an envelope: `'error'` (the default), or `'pass'` it as it is. Whoever can
   * write to the bucket could otherwise put plaintext of their own in the place of ciphertext.
   */
  readonly onPlainObject?: 'error' | 'pass' | undefined;
  /**
   * What to do with an object whose material description belongs to no provider: an `'error'` (the default), or
   * `'use-provider'`, which asks the first provider that has the wrap algorithm, as the Go, PHP and Python v2 SDKs do.
   */
  readonly onUnknownDescription?: 'error' | 'use-provider' | undefined;
  /** Reads some envelopes that break the rules; see `ParseEnvelopeOptions`. */
  readonly lenient?: boolean | undefined;
  /** The source of start values; by default the runtime's `crypto.getRandomValues`. */
  readonly randomBytes?: RandomBytes | undefined;
}

/** Options of every call. */
export interface CallOptions {
  /** Ends the call; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Further request headers, such as `x-oss-storage-class`, `cache-control` or `x-oss-traffic-limit`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface PutOptions extends CallOptions {
  /** The content's size in bytes, when it is a stream whose size is known. It is checked. */
  readonly sizeBytes?: number | undefined;
  /** By default `application/octet-stream`, since what is stored is ciphertext. */
  readonly contentType?: string | undefined;
  /** The caller's own metadata: stored in the clear, not authenticated. Names are lower-cased by OSS. */
  readonly metadata?: UserMetadata | undefined;
  /**
   * Base64 of the plaintext's MD5, to be recorded in the envelope and checked by readers. It is a fingerprint: whoever
   * reads the metadata can test guesses of the plaintext against it. None is ever computed unasked.
   */
  readonly contentMd5?: string | undefined;
  /** Refuses to replace an object (`x-oss-forbid-overwrite`). */
  readonly forbidOverwrite?: boolean | undefined;
  /**
   * Content above this size is sent in parts; 32 MiB by default. A stream of unknown length is sent in parts once it
   * is longer than a part; in `'client-side-encryption'`, which must announce the length of a multipart upload, it goes
   * in one request, which OSS takes up to 5 GiB: give `sizeBytes` where it may be more.
   */
  readonly multipartThresholdBytes?: number | undefined;
  /** A multiple of 16 from 100 KiB on; chosen by the content's size when left out. */
  readonly partSizeBytes?: number | undefined;
  /** How many parts may be under way at once, 3 by default; each holds one part's size of memory. */
  readonly concurrency?: number | undefined;
  /**
   * Lets an upload that failed go on where it stopped: call `put` again with the same content, from its first byte on,
   * and the same store. Needs `sizeBytes` for a stream, and a provider that can unwrap its own keys.
   */
  readonly checkpoint?: CheckpointStore | undefined;
  /** What tells one state of the source from another, such as a file's time of modification; used with `checkpoint`. */
  readonly sourceState?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface HeadOptions extends CallOptions {
  readonly versionId?: string | undefined;
  /** Only if the object has this ETag; otherwise a ServiceError of status 412. */
  readonly ifMatch?: string | undefined;
  /** Only if the object has another ETag; otherwise a ServiceError of status 304. */
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: Date | undefined;
  readonly ifUnmodifiedSince?: Date | undefined;
}

export interface GetOptions extends HeadOptions {
  /** A part of the plaintext. Any offset will do. */
  readonly range?: ByteRange | undefined;
  /** Overrides the bucket's `onPlainObject`. */
  readonly onPlainObject?: 'error' | 'pass' | undefined;
  /** Hears of the content as it is read. */
  readonly onProgress?: OnProgress | undefined;
}

export interface OpenOptions extends HeadOptions {
  /** How many of the first bytes come along with the envelope; 64 KiB by default. */
  readonly prefetchBytes?: number | undefined;
  /** Overrides the bucket's `onPlainObject`. */
  readonly onPlainObject?: 'error' | 'pass' | undefined;
}

/** Options of a download in ranges. */
export interface DownloadOptions {
  /** The size of a range, 8 MiB by default. */
  readonly partSizeBytes?: number | undefined;
  /** How many ranges are fetched at once, 3 by default. */
  readonly concurrency?: number | undefined;
  /** Ranges that the sink has already: the CRC-64 of their ciphertext, by index. Ranges of the same size, that is. */
  readonly completed?: ReadonlyMap<number, string> | undefined;
  /** Hears of each range that the sink has now. What it rejects with fails the download. */
  readonly onCompleted?: ((index: number, crc64: string) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface DeleteOptions extends CallOptions {
  readonly versionId?: string | undefined;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
const hasMethods =
  (...names: string[]) =>
  (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => isFunction(Reflect.get(value, name)));

const optional = <T extends z.ZodMiniType>(schema: T): z.ZodMiniOptional<T> => z.optional(schema);
const onPlainObject = z.enum(['error', 'pass'], "must be 'error' or 'pass'");
const transportSchema = z.custom<ObjectTransport>(hasMethods('put', 'get', 'head', 'delete'), {
  error: 'must be an object transport: aliOssTransport(…) or fetchTransport(…)',
});
const providerSchema = z.custom<KeyProvider>(
  (value) => hasMethods('wrapKey', 'unwrapKey')(value) && Array.isArray((value as KeyProvider).unwraps),
  { error: 'must be a key provider: rsaProvider(…) or kmsProvider(…)' },
);
const functionSchema = <T>(): z.ZodMiniType<T> => z.custom<T>(isFunction, { error: 'must be a function' });
const text = z.string('must be a string').check(z.regex(/^[\x20-\x7e]*$/, 'must be printable ASCII'));
const date = z.custom<Date>((value) => value instanceof Date && !Number.isNaN(value.getTime()), {
  error: 'must be a valid Date',
});

export const bucketOptionsSchema: z.ZodMiniType<EncryptedBucketOptions> = z.strictObject(
  {
    transport: transportSchema,
    provider: providerSchema,
    otherProviders: optional(z.array(providerSchema)),
    format: z.enum(
      ['oss-crypto', 'client-side-encryption'],
      "must be 'oss-crypto' (the documented system) or 'client-side-encryption' (today's official SDKs); it has no default",
    ),
    onPlainObject: optional(onPlainObject),
    onUnknownDescription: optional(z.enum(['error', 'use-provider'], "must be 'error' or 'use-provider'")),
    lenient: optional(z.boolean('must be true or false')),
    randomBytes: optional(functionSchema<RandomBytes>()),
  },
  'must be an object',
);

const refusedHeaders: Readonly<Record<string, string>> = {
  'content-type': 'use the option contentType',
  'content-encoding':
    'ciphertext is not compressed text; compress before encrypting and record it in the metadata',
  'content-md5': 'it would reveal, or contradict, the content; use the option contentMd5 to record one',
  range: 'use the option range',
};
const refusedNames =
  /^(?:x-oss-meta-.*|authorization|content-length|transfer-encoding|host|date|x-oss-date|x-oss-security-token|x-oss-content-sha256|x-oss-range-behavior|x-oss-process)$/;
const headersSchema = z
  .record(z.string().check(z.regex(/^[A-Za-z0-9-]+$/)), text, 'must be an object of names and values')
  .check(({ value, issues }) => {
    for (const name of Object.keys(value)) {
      const lower = name.toLowerCase();
      const advice =
        refusedHeaders[lower] ?? (refusedNames.test(lower) ? 'it is not yours to set here' : undefined);
      if (advice !== undefined) {
        issues.push({ code: 'custom', path: [name], message: `must be left out: ${advice}`, input: name });
      }
    }
  });

const wholeNumber = z.int('must be a whole number').check(z.minimum(0, 'must be 0 or more'));
const positiveNumber = z.int('must be a whole number').check(z.minimum(1, 'must be 1 or more'));
const concurrency = positiveNumber.check(z.maximum(1000, 'must be 1000 or less'));
const callShape = {
  signal: optional(
    z.custom<AbortSignal>((value) => value instanceof AbortSignal, { error: 'must be an AbortSignal' }),
  ),
  headers: optional(headersSchema),
};
export const putOptionsSchema: z.ZodMiniType<PutOptions> = z.strictObject(
  {
    ...callShape,
    sizeBytes: optional(z.number('must be a number of bytes')),
    contentType: optional(text),
    metadata: optional(
      z.record(z.string(), z.string('must be a string'), 'must be an object of names and values'),
    ),
    contentMd5: optional(
      z
        .string('must be a string')
        .check(
          z.refine(
            (value) => decodeBase64(value)?.length === 16,
            'must be the base64 of an MD5, 24 characters',
          ),
        ),
    ),
    forbidOverwrite: optional(z.boolean('must be true or false')),
    multipartThresholdBytes: optional(wholeNumber),
    // Checked by planParts, which knows the limits.
    partSizeBytes: optional(z.number('must be a number of bytes')),
    concurrency: optional(concurrency),
    checkpoint: optional(
      z.custom<CheckpointStore>(hasMethods('load', 'save', 'delete'), {
        error: 'must be a checkpoint store: fileCheckpoint(…), or an object with load, save and delete',
      }),
    ),
    sourceState: optional(z.string('must be a string')),
    onProgress: optional(functionSchema<OnProgress>()),
  },
  'must be an object',
);
const headShape = {
  ...callShape,
  versionId: optional(text),
  ifMatch: optional(text),
  ifNoneMatch: optional(text),
  ifModifiedSince: optional(date),
  ifUnmodifiedSince: optional(date),
};
export const headOptionsSchema: z.ZodMiniType<HeadOptions> = z.strictObject(headShape, 'must be an object');
export const getOptionsSchema: z.ZodMiniType<GetOptions> = z.strictObject(
  {
    ...headShape,
    // Checked by assertByteRange, which knows what to say.
    range: optional(z.custom<ByteRange>()),
    onPlainObject: optional(onPlainObject),
    onProgress: optional(functionSchema<OnProgress>()),
  },
  'must be an object',
);
export const openOptionsSchema: z.ZodMiniType<OpenOptions> = z.strictObject(
  { ...headShape, prefetchBytes: optional(positiveNumber), onPlainObject: optional(onPlainObject) },
  'must be an object',
);
export const downloadOptionsSchema: z.ZodMiniType<DownloadOptions> = z.strictObject(
  {
    partSizeBytes: optional(positiveNumber),
    concurrency: optional(concurrency),
    completed: optional(
      z.custom<ReadonlyMap<number, string>>((value) => value instanceof Map, 'must be a Map'),
    ),
    onCompleted: optional(functionSchema<(index: number, crc64: string) => Promise<void>>()),
    signal: callShape.signal,
    onProgress: optional(functionSchema<OnProgress>()),
  },
  'must be an object',
);
export const deleteOptionsSchema: z.ZodMiniType<DeleteOptions> = z.strictObject(
  { ...callShape, versionId: optional(text) },
  'must be an object',
);
