import { z } from 'zod';
import { invalidArgument } from '../../http/oss-error.js';
import { emptyResponse, xmlResponse } from '../../http/oss-response.js';
import type { XmlElements } from '../../http/xml.js';
import { formatXml } from '../../http/xml.js';
import type { BucketAcl } from '../../storage/object-attributes.js';
import type { Bucket } from '../../storage/stored-object.js';
import { parseStorageClass, storageClassHeader } from '../attribute-headers.js';
import { type Operation, type OperationContext, requestedBucket } from '../operation.js';
import { readXml, receiveText, receiveXml } from '../received-xml.js';

/** The one owner of everything on a local server. */
export const owner = { ID: '1000000000000000', DisplayName: '1000000000000000' } as const;

const aclHeader = 'x-oss-acl';
const acls: readonly string[] = ['private', 'public-read', 'public-read-write'] satisfies BucketAcl[];
const maxXmlBytes = 64 * 1024;

function requestedAcl(context: OperationContext): BucketAcl | undefined {
  const acl = context.request.headers[aclHeader];
  if (acl === undefined || acls.includes(acl)) return acl as BucketAcl | undefined;
  throw invalidArgument(aclHeader, acl, `${aclHeader} must be one of ${acls.join(', ')}.`, '0015-00000204');
}

const bucketConfiguration = z.union([
  z.strictObject({
    StorageClass: z.string().optional(),
    DataRedundancyType: z.enum(['LRS', 'ZRS']).optional(),
  }),
  z.literal('').transform(() => ({ StorageClass: undefined, DataRedundancyType: undefined })),
]);

/** PutBucket: makes a bucket. Of one that is there it changes the ACL, when the request names one. */
export const putBucket: Operation = {
  name: 'PutBucket',
  access: 'owner',
  authenticatesFirst: true,
  headers: [aclHeader, storageClassHeader],
  async run(context) {
    const { target, headers, receivedAt } = context.request;
    const name = target.bucket ?? '';
    const acl = requestedAcl(context);
    const text = await receiveText(context, maxXmlBytes);
    const asked =
      text.trim() === '' ? undefined : readXml(text, 'CreateBucketConfiguration', bucketConfiguration);
    const storageClass = parseStorageClass(asked?.StorageClass ?? headers[storageClassHeader] ?? 'Standard');
    await context.catalog.putBucket(name, {
      acl: acl ?? context.catalog.findBucket(name)?.acl ?? 'private',
      storageClass,
      dataRedundancyType: asked?.DataRedundancyType ?? 'LRS',
      createdAt: receivedAt,
    });
    return emptyResponse(200, { location: `/${name}` });
  },
};

/** DeleteBucket. */
export const deleteBucket: Operation = {
  name: 'DeleteBucket',
  access: 'owner',
  async run(context) {
    await context.catalog.deleteBucket(requestedBucket(context).name);
    return emptyResponse(204);
  },
};

/** What ListBuckets and GetBucketInfo both say of a bucket. */
export function describeBucket(bucket: Bucket, context: OperationContext): XmlElements {
  const { host } = new URL(context.origin);
  return {
    Name: bucket.name,
    Location: `oss-${context.region}`,
    Region: context.region,
    CreationDate: bucket.createdAt,
    ExtranetEndpoint: host,
    IntranetEndpoint: host,
    StorageClass: bucket.storageClass,
    ResourceGroupId: 'rg-local',
  };
}

/** GetBucketInfo. */
export const getBucketInfo: Operation = {
  name: 'GetBucketInfo',
  access: 'owner',
  async run(context) {
    const bucket = requestedBucket(context);
    return xmlResponse('BucketInfo', {
      Bucket: {
        ...describeBucket(bucket, context),
        AccessMonitor: 'Disabled',
        DataRedundancyType: bucket.dataRedundancyType,
        TransferAcceleration: 'Disabled',
        CrossRegionReplication: 'Disabled',
        BlockPublicAccess: false,
        Comment: '',
        Versioning: bucket.versioning,
        Owner: owner,
        AccessControlList: { Grant: bucket.acl },
        ServerSideEncryptionRule: { SSEAlgorithm: 'None' },
        BucketPolicy: { LogBucket: '', LogPrefix: '' },
      },
    });
  },
};

/** GetBucketStat: what is there now. OSS itself tells what was there an hour ago, or earlier. */
export const getBucketStat: Operation = {
  name: 'GetBucketStat',
  access: 'owner',
  async run(context) {
    const { objects, history, uploads } = requestedBucket(context);
    const versions = [...objects.values(), ...[...history.values()].flat()];
    const sizes = versions.map((version) => (version.kind === 'object' ? version.body.sizeBytes : 0));
    return xmlResponse('BucketStat', {
      Storage: sizes.reduce((sum, sizeBytes) => sum + sizeBytes, 0),
      ObjectCount: objects.size,
      MultipartUploadCount: uploads.size,
      LiveChannelCount: 0,
      LastModifiedTime: Math.floor(context.request.receivedAt.getTime() / 1000),
    });
  },
};

/** GetBucketLocation. */
export const getBucketLocation: Operation = {
  name: 'GetBucketLocation',
  access: 'owner',
  async run(context) {
    requestedBucket(context);
    return {
      status: 200,
      headers: { 'content-type': 'application/xml' },
      body: formatXml('LocationConstraint', `oss-${context.region}`),
    };
  },
};

/** GetBucketAcl. */
export const getBucketAcl: Operation = {
  name: 'GetBucketAcl',
  access: 'owner',
  async run(context) {
    const bucket = requestedBucket(context);
    return xmlResponse('AccessControlPolicy', { Owner: owner, AccessControlList: { Grant: bucket.acl } });
  },
};

/** PutBucketAcl. Like PutBucket it makes a bucket that is not there, and answers its location. */
export const putBucketAcl: Operation = {
  name: 'PutBucketAcl',
  access: 'owner',
  authenticatesFirst: true,
  headers: [aclHeader],
  async run(context) {
    const name = context.request.target.bucket ?? '';
    const acl = requestedAcl(context);
    if (acl === undefined)
      throw invalidArgument(aclHeader, '', `PutBucketAcl requires ${aclHeader}.`, '0015-00000204');
    // Of a bucket that is there only the ACL changes.
    await context.catalog.putBucket(name, {
      acl,
      storageClass: 'Standard',
      dataRedundancyType: 'LRS',
      createdAt: context.request.receivedAt,
    });
    return emptyResponse(200, { location: `/${name}` });
  },
};

const versioningConfiguration = z.object({ Status: z.enum(['Enabled', 'Suspended']) });

/** PutBucketVersioning. */
export const putBucketVersioning: Operation = {
  name: 'PutBucketVersioning',
  access: 'owner',
  async run(context) {
    const { Status } = await receiveXml(context, 'VersioningConfiguration', versioningConfiguration);
    await context.catalog.setVersioning(requestedBucket(context), Status);
    return emptyResponse(200);
  },
};

/** GetBucketVersioning: an empty document until versioning was asked for. */
export const getBucketVersioning: Operation = {
  name: 'GetBucketVersioning',
  access: 'owner',
  async run(context) {
    return xmlResponse('VersioningConfiguration', { Status: requestedBucket(context).versioning });
  },
};
