import { invalidArgument } from '../../http/oss-error.js';
import { assertConditions, readConditions } from '../../http/precondition.js';
import { assertBucketName, assertObjectKey, parseQuery } from '../../http/request-target.js';
import type { Bucket, StoredObject } from '../../storage/stored-object.js';
import { assertReadable } from '../archive.js';
import type { OperationContext } from '../operation.js';

const source = 'x-oss-copy-source';

/** The headers that name the source of a copy and its conditions. */
export const copySourceHeaders: readonly string[] = [
  source,
  'x-oss-copy-source-if-match',
  'x-oss-copy-source-if-none-match',
  'x-oss-copy-source-if-modified-since',
  'x-oss-copy-source-if-unmodified-since',
];

/** oss2 repeats the version of the source in the query. */
export const copySourceParameters: readonly string[] = ['versionId'];

/** The source of a copy. */
interface CopySource {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  /** Response headers that say which version was copied. */
  readonly headers: Record<string, string>;
}

/**
 * The object that `x-oss-copy-source` names (`/bucket/percent-encoded key`, optionally `?versionId=`), after the
 * `x-oss-copy-source-if-*` conditions.
 * @throws {OssError} When there is no such object, a condition fails, or the header is malformed.
 */
export function findCopySource(context: OperationContext): CopySource {
  const { headers, target } = context.request;
  const header = headers[source] ?? '';
  const malformed = () =>
    invalidArgument(source, header, `The header ${source} must be /bucket/key, percent-encoded.`);
  const [path = '', ...queries] = header.split('?');
  const match = /^\/?([^/]+)\/(.+)$/s.exec(path);
  const query = parseQuery(queries.join('?'));
  const versionId = query.get('versionId');
  if (!match || [...query.keys()].some((name) => name !== 'versionId')) throw malformed();
  let key: string;
  try {
    key = decodeURIComponent(match[2]!);
  } catch {
    throw malformed();
  }
  const repeated = target.query.get('versionId');
  if (repeated !== undefined && repeated !== versionId) {
    throw invalidArgument('versionId', repeated, `The version of the source belongs to ${source}.`);
  }
  assertBucketName(match[1]!);
  assertObjectKey(key);
  const bucket = context.catalog.bucket(match[1]!);
  const object = context.catalog.object(bucket, key, versionId);
  assertConditions(readConditions(headers, 'x-oss-copy-source-'), object.etag, object.lastModified);
  assertReadable(object, context.request.receivedAt);
  const version = bucket.versioning === undefined ? {} : { 'x-oss-copy-source-version-id': object.versionId };
  return { bucket, object, headers: version };
}
