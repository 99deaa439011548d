import { OssError } from '../http/oss-error.js';
import type { RequestTarget } from '../http/request-target.js';
import * as buckets from './buckets/bucket-operations.js';
import * as rules from './buckets/bucket-rules.js';
import { listBuckets } from './buckets/list-buckets.js';
import { listObjectVersions } from './buckets/list-object-versions.js';
import { listObjects, listObjectsV2 } from './buckets/list-objects.js';
import { completeMultipartUpload } from './multipart/complete-multipart-upload.js';
import * as multipart from './multipart/multipart-upload.js';
import * as parts from './multipart/upload-part.js';
import { appendObject } from './objects/append-object.js';
import { copyObject } from './objects/copy-object.js';
import { deleteMultipleObjects, deleteObject } from './objects/delete-operations.js';
import * as acl from './objects/object-acl.js';
import * as tagging from './objects/object-tagging.js';
import { putObject } from './objects/put-object.js';
import * as reading from './objects/read-object.js';
import { restoreObject } from './objects/restore-object.js';
import * as symlinks from './objects/symlink.js';
import type { Operation } from './operation.js';
import { notUnderstood } from './request-vocabulary.js';

/** One row of the routing tables: the first row that fits wins. */
interface Route {
  method: string;
  /** A query parameter that must be there: the sub-resource. */
  query?: string;
  /** A value that the parameter must have. */
  value?: string;
  /** A header that must be there. */
  header?: string;
  operation: Operation;
}

const objectRoutes: readonly Route[] = [
  { method: 'GET', query: 'uploadId', operation: parts.listParts },
  { method: 'GET', query: 'acl', operation: acl.getObjectAcl },
  { method: 'GET', query: 'tagging', operation: tagging.getObjectTagging },
  { method: 'GET', query: 'symlink', operation: symlinks.getSymlink },
  { method: 'HEAD', query: 'objectMeta', operation: reading.getObjectMeta },
  { method: 'PUT', query: 'acl', operation: acl.putObjectAcl },
  { method: 'PUT', query: 'tagging', operation: tagging.putObjectTagging },
  { method: 'PUT', query: 'symlink', operation: symlinks.putSymlink },
  { method: 'PUT', query: 'partNumber', header: 'x-oss-copy-source', operation: parts.uploadPartCopy },
  { method: 'PUT', query: 'partNumber', operation: parts.uploadPart },
  { method: 'PUT', header: 'x-oss-copy-source', operation: copyObject },
  { method: 'POST', query: 'append', operation: appendObject },
  { method: 'POST', query: 'restore', operation: restoreObject },
  { method: 'POST', query: 'uploads', operation: multipart.initiateMultipartUpload },
  { method: 'POST', query: 'uploadId', operation: completeMultipartUpload },
  { method: 'DELETE', query: 'uploadId', operation: multipart.abortMultipartUpload },
  { method: 'DELETE', query: 'tagging', operation: tagging.deleteObjectTagging },
  { method: 'GET', operation: reading.getObject },
  { method: 'HEAD', operation: reading.headObject },
  { method: 'PUT', operation: putObject },
  { method: 'DELETE', operation: deleteObject },
];

const bucketRoutes: readonly Route[] = [
  { method: 'GET', query: 'uploads', operation: multipart.listMultipartUploads },
  { method: 'GET', query: 'bucketInfo', operation: buckets.getBucketInfo },
  { method: 'GET', query: 'location', operation: buckets.getBucketLocation },
  { method: 'GET', query: 'acl', operation: buckets.getBucketAcl },
  { method: 'GET', query: 'versioning', operation: buckets.getBucketVersioning },
  { method: 'GET', query: 'versions', operation: listObjectVersions },
  { method: 'GET', query: 'stat', operation: buckets.getBucketStat },
  { method: 'GET', query: 'worm', operation: rules.getBucketWorm },
  { method: 'GET', query: 'overwriteConfig', operation: rules.getBucketOverwriteConfig },
  { method: 'GET', query: 'replication', operation: rules.getBucketReplication },
  { method: 'GET', query: 'list-type', value: '2', operation: listObjectsV2 },
  { method: 'PUT', query: 'acl', operation: buckets.putBucketAcl },
  { method: 'PUT', query: 'versioning', operation: buckets.putBucketVersioning },
  { method: 'POST', query: 'delete', operation: deleteMultipleObjects },
  { method: 'GET', operation: listObjects },
  { method: 'PUT', operation: buckets.putBucket },
  { method: 'DELETE', operation: buckets.deleteBucket },
];

const serviceRoutes: readonly Route[] = [{ method: 'GET', operation: listBuckets }];

/** The names that the log and faults have for what is asked: `Options` for that of a browser, `Unknown` for no operation. */
export const operationNames: ReadonlySet<string> = new Set([
  ...[...objectRoutes, ...bucketRoutes, ...serviceRoutes].map(({ operation }) => operation.name),
  'Options',
  'Unknown',
]);

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);

/** An operation that is refused, but only after the signature was verified. */
function refused(error: OssError, asked?: Operation): Operation {
  return {
    name: 'Unknown',
    ...(asked?.authenticatesFirst ? { authenticatesFirst: true } : {}),
    access: 'write',
    run: async () => {
      throw error;
    },
  };
}

function notImplemented(resource: string, asked?: Operation): Operation {
  return refused(new OssError('NotImplemented', { details: { Resource: resource } }), asked);
}

function withoutRoute(
  method: string,
  target: RequestTarget,
  headers: Readonly<Record<string, string>>,
): Operation {
  const [parameter] = target.query.keys();
  if (methods.has(method) && parameter !== undefined) return notImplemented(parameter);
  if (method === 'POST' && (target.key === undefined || headers['content-type']?.startsWith('multipart/'))) {
    const message = 'This local server does not implement PostObject, the upload by a form.';
    // A form carries its signature in its fields.
    return { ...refused(new OssError('NotImplemented', { message })), access: 'anyone' };
  }
  return refused(new OssError('MethodNotAllowed', { details: { Method: method } }));
}

/**
 * Finds the operation that a request asks for. A request with anything that the operation does not know answers
 * `NotImplemented`, and never runs it.
 */
export function route(
  method: string,
  target: RequestTarget,
  headers: Readonly<Record<string, string>>,
): Operation {
  const routes =
    target.bucket === undefined ? serviceRoutes : target.key === undefined ? bucketRoutes : objectRoutes;
  const found = routes.find(
    (row) =>
      row.method === method &&
      (row.query === undefined || target.query.has(row.query)) &&
      (row.value === undefined || target.query.get(row.query!) === row.value) &&
      (row.header === undefined || row.header in headers),
  );
  if (!found) return withoutRoute(method, target, headers);
  const unknown = notUnderstood(found.operation, found.query, target, headers);
  return unknown === undefined ? found.operation : notImplemented(unknown, found.operation);
}
