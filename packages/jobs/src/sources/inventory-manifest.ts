import { assertObjectKey, IntegrityError, InvalidArgumentError } from '@oss-envelope/core';
import * as z from 'zod';

// OSS documentation, "Bucket inventory" and "Incremental inventories".

/** A file of rows. */
export interface InventoryFile {
  readonly key: string;
  /** The size of what is stored. */
  readonly sizeBytes: number;
  /** Hexadecimal, in small letters; undefined where the manifest names none. */
  readonly md5: string | undefined;
}

/** What an inventory says of itself. */
export interface InventoryManifest {
  readonly sourceBucket: string;
  readonly files: readonly InventoryFile[];
  /** The names of the columns, in small letters, in their order. */
  readonly columns: readonly string[];
  /** When its scan began: what is older is in it. */
  readonly createdAt: Date;
  /** Whether it lists what changed within some minutes, instead of all. */
  readonly isIncremental: boolean;
}

const seconds = z.union([z.string(), z.number()]).transform((value, context) => {
  const text = String(value).trim();
  // In seconds as the documentation shows them; programs that write their own use milliseconds.
  const count = /^\d{1,13}$/.test(text) ? Number(text) : Number.NaN;
  const time = new Date(text.length > 11 ? count : count * 1000);
  if (!Number.isNaN(time.getTime())) return time;
  context.addIssue({ code: 'custom', message: 'is no time' });
  return z.NEVER;
});

const objectKey = z.string().refine(
  (key) => {
    try {
      assertObjectKey(key);
      return true;
    } catch {
      return false;
    }
  },
  { message: 'is no key of an object' },
);

const fileSchema = z.object({
  key: objectKey,
  size: z.coerce.number().int().nonnegative(),
  MD5checksum: z
    .string()
    .trim()
    .regex(/^[0-9a-fA-F]{32}$/)
    .optional(),
});

const manifestSchema = z.object({
  sourceBucket: z.string().min(1),
  fileFormat: z.string(),
  fileSchema: z.string().max(10_000),
  files: z.array(fileSchema).max(1_000_000),
  creationTimestamp: seconds.optional(),
  startTimestamp: seconds.optional(),
});

/**
 * Reads `manifest.json`. What it does not know is passed over: inventories have got more columns over the years.
 *
 * @throws IntegrityError for what is no manifest, InvalidArgumentError for one that cannot be used
 */
export function parseManifest(text: string, manifestKey: string): InventoryManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notAManifest(manifestKey, 'it is no JSON');
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw notAManifest(manifestKey, `${(issue?.path ?? []).join('.')} ${issue?.message ?? ''}`.trim());
  }
  const { sourceBucket, fileFormat, fileSchema, files, creationTimestamp, startTimestamp } = result.data;
  if (fileFormat.toUpperCase() !== 'CSV') {
    throw new InvalidArgumentError(
      'manifestKey',
      `names an inventory in the format ${JSON.stringify(fileFormat.slice(0, 50))}, and only CSV is read`,
    );
  }
  const columns = fileSchema.split(',').map((name) => name.trim().toLowerCase());
  if (!columns.includes('key')) throw notAManifest(manifestKey, 'its fileSchema has no column Key');
  const createdAt = creationTimestamp ?? startTimestamp;
  if (createdAt === undefined) throw notAManifest(manifestKey, 'it does not say when it was made');
  if (new Set(files.map(({ key }) => key)).size < files.length) {
    throw notAManifest(manifestKey, 'it names a file twice');
  }
  return {
    sourceBucket,
    columns,
    createdAt,
    isIncremental: creationTimestamp === undefined,
    files: files.map(({ key, size, MD5checksum }) => ({
      key,
      sizeBytes: size,
      md5: MD5checksum?.toLowerCase(),
    })),
  };
}

function notAManifest(manifestKey: string, what: string): IntegrityError {
  return new IntegrityError(
    `${JSON.stringify(manifestKey)} is no manifest of an inventory: ${what}. Name the manifest.json of a run that has ended.`,
  );
}
