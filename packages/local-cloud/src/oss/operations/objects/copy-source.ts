import { OssError } from '../../http/oss-error.js';
import { assertConditions, readConditions } from '../../http/precondition.js';
import { assertBucketName, assertObjectKey, parseQuery } from '../../http/request-target.js';
import type { StoredObject } from '../../storage/stored-object.js';
import type { OperationContext } from '../operation.js';
import { assertNullVersion } from './object-operations.js';

/**
 * The object that `x-oss-copy-source` names (`/bucket/percent-encoded key`, optionally `?versionId=`), after the
 * `x-oss-copy-source-if-*` conditions.
 * @throws {OssError} When there is no such object, a condition fails, or the header is malformed.
 */
export function findCopySource(context: OperationContext): StoredObject {
  const { headers } = context.request;
  const header = headers['x-oss-copy-source'] ?? '';
  const [path = '', query = ''] = header.split('?', 2);
  const match = /^\/?([^/]+)\/(.+)$/s.exec(path);
  let key: string | undefined;
  try {
    key = match ? decodeURIComponent(match[2]!) : undefined;
  } catch {
    key = undefined;
  }
  if (!match || key === undefined) {
    throw new OssError('InvalidArgument', {
      message: 'The header x-oss-copy-source must be /bucket/key, percent-encoded.',
      details: { ArgumentName: 'x-oss-copy-source', ArgumentValue: header },
    });
  }
  assertBucketName(match[1]!);
  assertObjectKey(key);
  assertNullVersion(parseQuery(query).get('versionId'), key);
  const object = context.catalog.object(context.catalog.bucket(match[1]!), key);
  assertConditions(readConditions(headers, 'x-oss-copy-source-'), object.etag, object.lastModified);
  return object;
}
