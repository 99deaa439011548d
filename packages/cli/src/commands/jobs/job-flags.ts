import type { ObjectAcl } from '@oss-envelope/core';
import type { Job, ObjectFilter, SourceSpec, TaskName, WriteGrade } from '@oss-envelope/jobs';
import { UsageError } from '../../output/usage-error.js';
import { isOssUrl, type OssPlace, parseObjectUrl } from '../../settings/oss-url.js';

/** What `jobs start` is told besides the keys. */
export interface StartFlags {
  readonly task: TaskName;
  readonly folder?: string | undefined;
  /** True for the flag alone. */
  readonly redis?: string | true | undefined;
  readonly telemetry?: boolean | undefined;
  readonly id?: string | undefined;
  readonly grade: WriteGrade;
  readonly inventory?: string | undefined;
  readonly keysFile?: string | undefined;
  /** Conditions, each `name=value`. */
  readonly where?: readonly string[] | undefined;
  /** How many objects there are, where people know. */
  readonly objects?: number | undefined;
  readonly acl?: ObjectAcl | undefined;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly concurrency: number;
  readonly rate?: number | undefined;
  readonly kmsRate?: number | undefined;
}

/** @throws UsageError for flags of which one would be passed over in silence */
export function assertFlagsTogether({ redis, folder, telemetry }: StartFlags): void {
  if (redis !== undefined && folder !== undefined) {
    throw new UsageError('Give --folder or --redis, not both: a job over Redis is kept in the bucket.');
  }
  if (redis === undefined && telemetry) {
    throw new UsageError('--telemetry tells of the queue, and there is none without --redis.');
  }
}

/** Where the names of objects come from. @throws UsageError for sources that do not go together */
export function sourceOf(place: OssPlace, { inventory, keysFile }: StartFlags): SourceSpec {
  if (inventory !== undefined && keysFile !== undefined) {
    throw new UsageError('Give --inventory or --keys-file, not both.');
  }
  if (inventory !== undefined) {
    if (!isOssUrl(inventory))
      throw new UsageError('--inventory names a manifest: oss://BUCKET/…/manifest.json');
    const manifest = parseObjectUrl(inventory);
    return {
      kind: 'inventory',
      manifestKey: manifest.key,
      ...(manifest.bucket !== place.bucket && { bucketName: manifest.bucket }),
      prefix: place.key,
    };
  }
  if (keysFile !== undefined) {
    if (place.key !== '') throw new UsageError('With --keys-file name the bucket alone: oss://BUCKET');
    return { kind: 'keys', path: keysFile };
  }
  return { kind: 'listing', prefix: place.key };
}

/** Which objects are worked on. @throws UsageError for a condition that is none */
export function filterOf({ where = [] }: StartFlags): ObjectFilter {
  const filter: { -readonly [Name in keyof ObjectFilter]: ObjectFilter[Name] } = {};
  const said = new Set<string>();
  for (const condition of where) {
    const equals = condition.indexOf('=');
    const [name, value] = [condition.slice(0, Math.max(0, equals)), condition.slice(equals + 1)];
    if (said.has(name) && name !== 'class' && name !== 'format') {
      throw new UsageError(`--where ${name} is said twice. Say it once.`);
    }
    said.add(name);
    switch (name) {
      case 'modified-since':
        filter.modifiedSince = timeOf(name, value);
        break;
      case 'modified-before':
        filter.modifiedBefore = timeOf(name, value);
        break;
      case 'min-size':
        filter.minSizeBytes = sizeOf(name, value);
        break;
      case 'max-size':
        filter.maxSizeBytes = sizeOf(name, value);
        break;
      case 'class':
        if (value === '') throw new UsageError('--where class takes a storage class, such as IA.');
        filter.storageClasses = [...(filter.storageClasses ?? []), value];
        break;
      case 'format':
        filter.formats = [...(filter.formats ?? []), formatOf(value)];
        break;
      default:
        throw new UsageError(
          `--where ${JSON.stringify(condition)}: write one of modified-since, modified-before, min-size, max-size, class and format, ` +
            'an equals sign, and a value.',
        );
    }
  }
  const { minSizeBytes = 0, maxSizeBytes = Number.POSITIVE_INFINITY, modifiedSince, modifiedBefore } = filter;
  const isNever =
    modifiedSince !== undefined && modifiedBefore !== undefined && modifiedSince >= modifiedBefore;
  if (minSizeBytes > maxSizeBytes || isNever) {
    throw new UsageError('--where: no object can be of these sizes, or of these times. Exchange the two.');
  }
  return filter;
}

function timeOf(name: string, text: string): string {
  const at = new Date(text);
  // A time without a zone would be another one on each machine.
  const [, day] = /^(\d{4}-\d\d-\d\d)(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  if (day !== undefined && isDay(day) && !Number.isNaN(at.getTime())) return at.toISOString();
  throw new UsageError(`--where ${name} takes a time such as 2026-11-27 or 2026-11-27T08:00:00Z.`);
}

/** JavaScript takes the 31st of February for the 3rd of March. */
function isDay(text: string): boolean {
  const day = new Date(text);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

const units = ['', 'KiB', 'MiB', 'GiB', 'TiB'];

function sizeOf(name: string, text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([KMGT]iB)?$/.exec(text) ?? [];
  const sizeBytes = digits === '' ? Number.NaN : Number(digits) * 1024 ** units.indexOf(unit);
  if (Number.isSafeInteger(sizeBytes)) return sizeBytes;
  throw new UsageError(`--where ${name} takes a size such as 4096, 10MiB or 1GiB.`);
}

const formats = ['plain', 'sealed', 'oss-crypto', 'client-side-encryption'] as const;

function formatOf(text: string): (typeof formats)[number] {
  const format = formats.find((name) => name === text);
  if (format !== undefined) return format;
  throw new UsageError(`--where format takes one of ${formats.join(', ')}.`);
}

/** The name of a job that was not given one: what it does, where. So the same command goes on with the same job. */
export function jobId({ id, task, dryRun }: StartFlags, { bucket }: OssPlace): string {
  if (id !== undefined) {
    if (/^[a-z][a-z0-9-]{0,62}$/.test(id)) return id;
    throw new UsageError(
      '--id takes small letters, digits and hyphens, at most 63, and begins with a letter.',
    );
  }
  const place = bucket.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  return `${task}-${place}${dryRun ? '-dry' : ''}`.slice(0, 63);
}

/** The folder of a job that was not given one. */
export function folderOf({ folder }: StartFlags, id: string): string {
  return folder ?? `oss-envelope-${id}`;
}

/** Whether a task writes. */
export function isWriting({ task }: Pick<Job, 'task'>): boolean {
  return task !== 'verify' && task !== 'report';
}
