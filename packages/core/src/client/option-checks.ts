import * as z from 'zod/mini';
import { adviceAgainstHeader } from '../adapter/request-headers.js';
import type { ByteRange } from '../cipher/plaintext-range.js';
import type { CheckpointStore } from '../contract/checkpoint-store.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import type { ObjectTransport } from '../contract/object-transport.js';
import { decodeBase64 } from '../encoding/base64.js';
import { formats } from '../envelope/formats.js';
import type { RandomBytes } from '../envelope/start-value.js';
import type { OnProgress } from '../stream/progress.js';
import { providerFault, transportFault } from './collaborator-checks.js';
import type {
  DeleteOptions,
  DownloadOptions,
  EncryptedBucketOptions,
  GetOptions,
  HeadOptions,
  OpenOptions,
  PutOptions,
} from './option-types.js';

const isFunction = (value: unknown): boolean => typeof value === 'function';
const hasMethods =
  (...names: string[]) =>
  (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => isFunction(Reflect.get(value, name)));

const optional = <T extends z.ZodMiniType>(schema: T): z.ZodMiniOptional<T> => z.optional(schema);
const onPlainObject = z.enum(['error', 'pass'], "must be 'error' or 'pass'");
const transportSchema = z.custom<ObjectTransport>((value) => transportFault(value) === undefined, {
  error: ({ input }) => transportFault(input),
});
const providerSchema = z.custom<KeyProvider>((value) => providerFault(value) === undefined, {
  error: ({ input }) => providerFault(input),
});
const functionSchema = <T>(): z.ZodMiniType<T> => z.custom<T>(isFunction, { error: 'must be a function' });
const text = z.string('must be a string').check(z.regex(/^[\x20-\x7e]*$/, 'must be printable ASCII'));
/** Whether a value is of one of the runtime's classes, of this realm or another (an iframe, Jest's jsdom). */
const isA = (tag: string) => (value: unknown) => Object.prototype.toString.call(value) === `[object ${tag}]`;
const date = z.custom<Date>((value) => isA('Date')(value) && !Number.isNaN(Number(value)), {
  error: 'must be a valid Date',
});

const formatNames = Object.keys(formats) as FormatName[];
const formatSchema = z.enum(formatNames, `must be one of ${formatNames.join(', ')}`);
const contextSchema = z.record(
  z.string(),
  z.string('must be a string'),
  'must be an object of names and values',
);

export const bucketOptionsSchema: z.ZodMiniType<EncryptedBucketOptions> = z.strictObject(
  {
    transport: transportSchema,
    provider: providerSchema,
    otherProviders: optional(z.array(providerSchema)),
    recipients: optional(
      z.array(providerSchema).check(z.maxLength(formats.sealed.maxRecipients - 1, 'must be eight at most')),
    ),
    context: optional(contextSchema),
    bound: optional(z.enum(['key', 'none'], "must be 'key' or 'none'")),
    keyReuse: optional(
      z.strictObject(
        {
          maxObjects: optional(z.int('must be a whole number').check(z.minimum(1, 'must be 1 or more'))),
          maxAgeMs: optional(
            z
              .int('must be a whole number')
              .check(z.minimum(1, 'must be 1 or more'), z.maximum(2 ** 31 - 1, 'must be below 2^31')),
          ),
        },
        'must be an object',
      ),
    ),
    reads: optional(z.array(formatSchema).check(z.minLength(1, 'must name a format at least'))),
    format: z.enum(
      formatNames,
      "must be 'sealed' (authenticated), 'oss-crypto' (the documented system) or 'client-side-encryption' (today's official SDKs); it has no default",
    ),
    onPlainObject: optional(onPlainObject),
    onUnknownDescription: optional(z.enum(['error', 'use-provider'], "must be 'error' or 'use-provider'")),
    lenient: optional(z.boolean('must be true or false')),
    randomBytes: optional(functionSchema<RandomBytes>()),
  },
  'must be an object',
);

const headersSchema = z
  .record(z.string().check(z.regex(/^[A-Za-z0-9-]+$/)), text, 'must be an object of names and values')
  .check(({ value, issues }) => {
    for (const name of Object.keys(value)) {
      const advice = adviceAgainstHeader(name);
      if (advice !== undefined) {
        issues.push({ code: 'custom', path: [name], message: `must be left out: ${advice}`, input: name });
      }
    }
  });
const wholeNumber = z.int('must be a whole number').check(z.minimum(0, 'must be 0 or more'));
const positiveNumber = z.int('must be a whole number').check(z.minimum(1, 'must be 1 or more'));
const concurrency = positiveNumber.check(z.maximum(1000, 'must be 1000 or less'));
const callShape = {
  signal: optional(z.custom<AbortSignal>(isA('AbortSignal'), { error: 'must be an AbortSignal' })),
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
      z.custom<CheckpointStore>(hasMethods('open'), {
        error: 'must be a checkpoint store: fileCheckpoint(…), or an object with open',
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
    sealedAs: optional(z.string('must be a string')),
    context: optional(contextSchema),
    readerTimeoutMs: optional(positiveNumber.check(z.maximum(2 ** 31 - 1, 'must be below 2^31'))),
    onProgress: optional(functionSchema<OnProgress>()),
  },
  'must be an object',
);
export const openOptionsSchema: z.ZodMiniType<OpenOptions> = z.strictObject(
  {
    ...headShape,
    prefetchBytes: optional(positiveNumber),
    onPlainObject: optional(onPlainObject),
    sealedAs: optional(z.string('must be a string')),
    context: optional(contextSchema),
  },
  'must be an object',
);
export const downloadOptionsSchema: z.ZodMiniType<DownloadOptions> = z.strictObject(
  {
    partSizeBytes: optional(positiveNumber),
    concurrency: optional(concurrency),
    completed: optional(z.custom<ReadonlyMap<number, string>>(isA('Map'), 'must be a Map')),
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
