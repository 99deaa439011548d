import { invalidArgument, OssError } from '../http/oss-error.js';
import type { Bucket } from '../storage/stored-object.js';
import type { OperationContext } from './operation.js';

/** The header that forbids to overwrite an object. */
export const forbidOverwriteHeader = 'x-oss-forbid-overwrite';

/**
 * Refuses to overwrite when the request forbids it. In a bucket with versions the header has no effect.
 * @throws {OssError} `FileAlreadyExists`, or `InvalidArgument` for another value than true or false.
 */
export function assertOverwriteAllowed(context: OperationContext, bucket: Bucket, key: string): void {
  const value = context.request.headers[forbidOverwriteHeader] ?? 'false';
  const forbids = value.toLowerCase() === 'true';
  if (!forbids && value.toLowerCase() !== 'false') {
    throw invalidArgument(
      forbidOverwriteHeader,
      value,
      `${forbidOverwriteHeader} must be true or false.`,
      '0017-00000279',
    );
  }
  if (forbids && bucket.versioning === undefined && bucket.objects.has(key)) {
    throw new OssError('FileAlreadyExists', { details: { Key: key } });
  }
}

/**
 * Refuses to change an object that the bucket's retention policy keeps, or that a rule of the bucket forbids to overwrite.
 * OSS has no retention policies in buckets with versions.
 * @throws {OssError} `FileImmutable`, `FileAlreadyExists`.
 */
export function assertReplaceable(context: OperationContext, bucket: Bucket, key: string): void {
  assertNotRetained(context, bucket, key);
  const isForbidden = bucket.rules.overwriting.some(
    ({ prefix = '', suffix = '' }) => key.startsWith(prefix) && key.endsWith(suffix),
  );
  if (isForbidden && bucket.objects.has(key)) {
    throw new OssError('FileAlreadyExists', {
      message: 'A rule of the bucket forbids to overwrite the object.',
      details: { Key: key },
    });
  }
}

/** Refuses to delete an object that the bucket's retention policy keeps. @throws {OssError} `FileImmutable`. */
export function assertNotRetained(
  { request }: Pick<OperationContext, 'request'>,
  bucket: Bucket,
  key: string,
): void {
  if (isRetained(bucket, key, request.receivedAt)) {
    throw new OssError('FileImmutable', { details: { Key: key } });
  }
}

/** Whether the retention policy of a bucket keeps an object at a time. */
export function isRetained(bucket: Bucket, key: string, now: Date): boolean {
  const { retention } = bucket.rules;
  const object = bucket.objects.get(key);
  if (retention === undefined || object === undefined || bucket.versioning !== undefined) return false;
  return now.getTime() < object.lastModified.getTime() + retention.days * dayMs;
}

const dayMs = 24 * 60 * 60 * 1000;
