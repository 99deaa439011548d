import { createHash } from 'node:crypto';
import { invalidArgument, OssError } from '../../http/oss-error.js';
import { emptyResponse } from '../../http/oss-response.js';
import { assertObjectKey } from '../../http/request-target.js';
import { readObjectMetadata } from '../../storage/object-metadata.js';
import { StoredBody } from '../../storage/stored-body.js';
import type { Bucket, StoredObject } from '../../storage/stored-object.js';
import { objectAclHeader, readAttributes, storageClassHeader, taggingHeader } from '../attribute-headers.js';
import {
  type Operation,
  requestedBucket,
  requestedKey,
  requestedObject,
  versionHeader,
} from '../operation.js';
import { assertOverwriteAllowed, assertReplaceable, forbidOverwriteHeader } from '../overwriting.js';
import { assertUnconditional } from '../request-vocabulary.js';

const targetHeader = 'x-oss-symlink-target';

/**
 * The object whose bytes an object has: itself, or what a symbolic link points to.
 * @throws {OssError} `SymlinkTargetNotExist`, or `InvalidTargetType` when the target is a link itself.
 */
export function symlinkContent(bucket: Bucket, object: StoredObject): StoredObject {
  if (object.symlinkTarget === undefined) return object;
  const content = bucket.objects.get(object.symlinkTarget);
  const details = { Key: object.key, SymlinkTarget: object.symlinkTarget };
  if (!content) throw new OssError('SymlinkTargetNotExist', { details });
  if (content.symlinkTarget !== undefined) throw new OssError('InvalidTargetType', { details });
  return content;
}

function requestedTarget(header: string | undefined): string {
  if (header === undefined || header === '') {
    throw invalidArgument(targetHeader, '', `PutSymlink requires ${targetHeader}.`, '0043-00000001');
  }
  let target: string;
  try {
    target = decodeURIComponent(header);
  } catch {
    throw invalidArgument(targetHeader, header, `${targetHeader} must be percent-encoded UTF-8.`);
  }
  assertObjectKey(target);
  return target;
}

/** PutSymlink. Whether the target is there does not matter. */
export const putSymlink: Operation = {
  name: 'PutSymlink',
  access: 'write',
  headers: [targetHeader, forbidOverwriteHeader, objectAclHeader, storageClassHeader, taggingHeader],
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const { headers, receivedAt } = context.request;
    assertUnconditional(headers);
    const symlinkTarget = requestedTarget(headers[targetHeader]);
    const metadata = readObjectMetadata(headers);
    const attributes = readAttributes(headers, bucket.storageClass);
    assertOverwriteAllowed(context, bucket, key);
    assertReplaceable(context, bucket, key);
    const etag = createHash('md5').update(symlinkTarget).digest('hex').toUpperCase();
    const stored = await context.catalog.putObject(bucket, {
      key,
      body: new StoredBody([]),
      etag,
      crc64: undefined,
      contentMd5: undefined,
      metadata,
      attributes,
      lastModified: receivedAt,
      type: 'Symlink',
      symlinkTarget,
      restoration: undefined,
    });
    return emptyResponse(200, { etag: `"${etag}"`, ...versionHeader(bucket, stored.versionId) });
  },
};

/** GetSymlink. */
export const getSymlink: Operation = {
  name: 'GetSymlink',
  access: 'read',
  parameters: ['versionId'],
  async run(context) {
    const object = requestedObject(context);
    if (object.symlinkTarget === undefined)
      throw new OssError('NotSymlink', { details: { Key: object.key } });
    return emptyResponse(200, {
      etag: `"${object.etag}"`,
      'last-modified': object.lastModified.toUTCString(),
      [targetHeader]: encodeURIComponent(object.symlinkTarget),
      ...versionHeader(requestedBucket(context), object.versionId),
    });
  },
};
