import { OssError } from '../http/oss-error.js';
import type { RequestTarget } from '../http/request-target.js';
import type { ObjectCatalog } from '../storage/object-catalog.js';
import type { Bucket } from '../storage/stored-object.js';
import type { Operation } from './operation.js';

function aclOf(bucket: Bucket, key: string): string {
  const acl = bucket.objects.get(key)?.attributes.acl ?? 'default';
  return acl === 'default' ? bucket.acl : acl;
}

/**
 * Lets an anonymous caller do what the ACLs allow: that of the object, or of its bucket when the object has none.
 * For a symbolic link both the link and its target must allow it.
 * @throws {OssError} `AccessDenied`.
 */
export function assertPublic(operation: Operation, target: RequestTarget, catalog: ObjectCatalog): void {
  if (operation.access === 'anyone') return;
  const { key } = target;
  const bucket = target.bucket === undefined ? undefined : catalog.findBucket(target.bucket);
  if (bucket && key !== undefined && operation.access !== 'owner') {
    const linked = bucket.objects.get(key)?.symlinkTarget;
    const acls = [key, ...(linked === undefined ? [] : [linked])].map((name) => aclOf(bucket, name));
    const allowed =
      operation.access === 'read' ? ['public-read', 'public-read-write'] : ['public-read-write'];
    if (acls.every((acl) => allowed.includes(acl))) return;
  }
  throw new OssError('AccessDenied', {
    message: 'You have no right to access this object because of bucket acl.',
  });
}
