import { OssError } from '../http/oss-error.js';
import type { RequestTarget } from '../http/request-target.js';
import * as buckets from './buckets/bucket-operations.js';
import { listObjects, listObjectsV2 } from './buckets/list-objects.js';
import { completeMultipartUpload } from './multipart/complete-multipart-upload.js';
import * as multipart from './multipart/multipart-upload.js';
import * as parts from './multipart/upload-part.js';
import { appendObject } from './objects/append-object.js';
import { copyObject } from './objects/copy-object.js';
import { deleteMultipleObjects, deleteObject } from './objects/delete-operations.js';
import * as objects from './objects/object-operations.js';
import type { Operation } from './operation.js';

/** One row of the routing tables: the first row that fits wins. */
interface Route {
  method: string;
  /** A query parameter that must be there. */
  query?: string;
  /** A value that the parameter must have. */
  value?: string;
  /** A header that must be there. */
  header?: string;
  operation: Operation;
}

const ObjectRoutes: readonly Route[] = [
  { method: 'GET', query: 'uploadId', operation: parts.listParts },
  { method: 'HEAD', query: 'objectMeta', operation: objects.getObjectMeta },
  { method: 'PUT', query: 'partNumber', header: 'x-oss-copy-source', operation: parts.uploadPartCopy },
  { method: 'PUT', query: 'partNumber', operation: parts.uploadPart },
  { method: 'PUT', header: 'x-oss-copy-source', operation: copyObject },
  { method: 'POST', query: 'append', operation: appendObject },
  { method: 'POST', query: 'uploads', operation: multipart.initiateMultipartUpload },
  { method: 'POST', query: 'uploadId', operation: completeMultipartUpload },
  { method: 'DELETE', query: 'uploadId', operation: multipart.abortMultipartUpload },
  { method: 'GET', operation: objects.getObject },
  { method: 'HEAD', operation: objects.headObject },
  { method: 'PUT', operation: objects.putObject },
  { method: 'DELETE', operation: deleteObject },
];

const BucketRoutes: readonly Route[] = [
  { method: 'GET', query: 'uploads', operation: multipart.listMultipartUploads },
  { method: 'GET', query: 'bucketInfo', operation: buckets.getBucketInfo },
  { method: 'GET', query: 'location', operation: buckets.getBucketLocation },
  { method: 'GET', query: 'acl', operation: buckets.getBucketAcl },
  { method: 'GET', query: 'list-type', value: '2', operation: listObjectsV2 },
  { method: 'POST', query: 'delete', operation: deleteMultipleObjects },
  { method: 'GET', operation: listObjects },
  { method: 'PUT', operation: buckets.putBucket },
  { method: 'DELETE', operation: buckets.deleteBucket },
];

const ServiceRoutes: readonly Route[] = [{ method: 'GET', operation: buckets.listBuckets }];

// Sub-resources that turn a request into another operation, which is not there: better no answer than a wrong one.
const Unsupported: readonly string[] = [
  'acl',
  'asyncFetch',
  'callback',
  'cors',
  'encryption',
  'img',
  'inventory',
  'lifecycle',
  'live',
  'logging',
  'policy',
  'qos',
  'referer',
  'replication',
  'requestPayment',
  'restore',
  'stat',
  'symlink',
  'tagging',
  'versioning',
  'versions',
  'website',
  'worm',
  'x-oss-process',
];

/** An operation that is refused, but only after the signature was verified. */
function refused(
  name: 'MethodNotAllowed' | 'NotImplemented',
  details: Readonly<Record<string, string>>,
): Operation {
  return {
    name: 'Unknown',
    access: 'write',
    run: async () => {
      throw new OssError(name, { details });
    },
  };
}

/** Finds the operation that a request asks for; one that is not there answers `NotImplemented` or `MethodNotAllowed`. */
export function route(
  method: string,
  target: RequestTarget,
  headers: Readonly<Record<string, string>>,
): Operation {
  const routes =
    target.bucket === undefined ? ServiceRoutes : target.key === undefined ? BucketRoutes : ObjectRoutes;
  const found = routes.find(
    (row) =>
      row.method === method &&
      (row.query === undefined || target.query.has(row.query)) &&
      (row.value === undefined || target.query.get(row.query!) === row.value) &&
      (row.header === undefined || row.header in headers),
  );
  if (!found) return refused('MethodNotAllowed', { Method: method });
  const unsupported = Unsupported.find((name) => target.query.has(name));
  if (unsupported !== undefined && found.query !== unsupported) {
    return refused('NotImplemented', { Resource: unsupported });
  }
  return found.operation;
}
