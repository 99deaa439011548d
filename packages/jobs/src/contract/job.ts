import { assertObjectKey, type FormatName, InvalidArgumentError, type ObjectAcl } from '@oss-envelope/core';
import { maxKeyBytes } from '@oss-envelope/core/adapter';
import * as z from 'zod';

// A job is a document: the same for every process that works on it. It holds no key, no plaintext and no credential.

/** What a job does to each object. */
export const taskNames = ['encrypt', 'reencrypt', 'rewrap', 'verify', 'report'] as const;
export type TaskName = (typeof taskNames)[number];

/**
 * How an object's content is replaced: `direct` compares what was sent before it becomes the object, and looks at the
 * target once more; `stage` writes it beside the object, reads it back, and then copies it over; `versions` needs a bucket
 * with versions, and never lets another writer's version be hidden by ours.
 */
export const writeGrades = ['direct', 'stage', 'versions'] as const;
export type WriteGrade = (typeof writeGrades)[number];

const formatNames = [
  'sealed',
  'oss-crypto',
  'client-side-encryption',
] as const satisfies readonly FormatName[];

const objectKeyText = z.string().refine(isObjectKey, { message: 'is no key of an object' });

function isObjectKey(text: string): boolean {
  try {
    assertObjectKey(text);
    return true;
  } catch {
    return false;
  }
}

const prefixText = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= maxKeyBytes, { message: 'is longer than a key can be' });
const time = z.iso.datetime();

/** Where the names of objects come from. */
export type SourceSpec =
  /** All objects whose keys begin with a prefix. */
  | { readonly kind: 'listing'; readonly prefix: string }
  /** An inventory of OSS: the key of its `manifest.json`, and the bucket that has it where that is another one. */
  | {
      readonly kind: 'inventory';
      readonly manifestKey: string;
      readonly bucketName?: string | undefined;
      readonly prefix: string;
    }
  /** A file of keys, such as the failures of an earlier run: its path, on the machine that works. */
  | { readonly kind: 'keys'; readonly path: string };

/** Which of them are worked on. Times as ISO 8601 has them, in UTC. */
export interface ObjectFilter {
  readonly modifiedSince?: string | undefined;
  readonly modifiedBefore?: string | undefined;
  readonly minSizeBytes?: number | undefined;
  readonly maxSizeBytes?: number | undefined;
  readonly storageClasses?: readonly string[] | undefined;
  /** What the object is now; `plain` is what is not encrypted. */
  readonly formats?: readonly (FormatName | 'plain')[] | undefined;
}

/** A master key as envelopes name it. */
export interface NamedKey {
  readonly wrapAlgorithm: string;
  readonly description: Readonly<Record<string, string>>;
}

/** A job, as it is stored. */
export interface Job {
  readonly version: 1;
  /** Small letters, digits and hyphens; it begins with a letter. At most 63. */
  readonly id: string;
  readonly bucketName: string;
  readonly task: TaskName;
  /** What is written. */
  readonly format: FormatName;
  readonly grade: WriteGrade;
  readonly source: SourceSpec;
  readonly filter: ObjectFilter;
  /**
   * The ACL of every object, where people know it: `'default'` when none has one of its own. OSS does not copy it, so each
   * object is asked for it otherwise: one request more.
   */
  readonly acl?: ObjectAcl | undefined;
  /** The keys that objects have afterwards, by name: every worker must have them. */
  readonly targetKeys: readonly NamedKey[];
  readonly createdAt: string;
}

const sourceSchema: z.ZodType<SourceSpec> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('listing'), prefix: prefixText }),
  z.strictObject({
    kind: z.literal('inventory'),
    manifestKey: objectKeyText,
    bucketName: z.string().min(1).optional(),
    prefix: prefixText,
  }),
  z.strictObject({ kind: z.literal('keys'), path: z.string().min(1) }),
]);

const filterSchema: z.ZodType<ObjectFilter> = z.strictObject({
  modifiedSince: time.optional(),
  modifiedBefore: time.optional(),
  minSizeBytes: z.int().nonnegative().optional(),
  maxSizeBytes: z.int().nonnegative().optional(),
  storageClasses: z.array(z.string().min(1)).min(1).optional(),
  formats: z
    .array(z.enum([...formatNames, 'plain']))
    .min(1)
    .optional(),
});

/** A key as it is named in a document of this package. @internal */
export const namedKeySchema: z.ZodType<NamedKey> = z.strictObject({
  wrapAlgorithm: z.string(),
  description: z.record(z.string(), z.string()),
});

const jobSchema: z.ZodType<Job> = z.strictObject({
  version: z.literal(1),
  id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  bucketName: z.string().min(1),
  task: z.enum(taskNames),
  format: z.enum(formatNames),
  grade: z.enum(writeGrades),
  source: sourceSchema,
  filter: filterSchema,
  acl: z.enum(['default', 'private', 'public-read', 'public-read-write']).optional(),
  targetKeys: z.array(namedKeySchema).max(9),
  createdAt: time,
});

/** Reads a job that was stored. @throws InvalidArgumentError that names the member which is wrong */
export function parseJob(value: unknown): Job {
  return jobIn(value, 'Start the job anew, or restore its folder');
}

/**
 * Checks a job before it is kept: what nobody could read again is not written.
 *
 * @throws InvalidArgumentError that names the member which is wrong
 * @internal
 */
export function assertJob(job: Job): void {
  jobIn(job, 'Give it another value');
}

function jobIn(value: unknown, advice: string): Job {
  const result = jobSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new InvalidArgumentError(
    ['job', ...(issue?.path ?? [])].join('.'),
    `cannot be used: ${issue?.message ?? 'it is no job'}. ${advice}`,
  );
}
