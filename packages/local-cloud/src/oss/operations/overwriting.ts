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
