import { OssError } from '../../http/oss-error.js';
import { emptyResponse, xmlResponse } from '../../http/oss-response.js';
import type { BucketAcl } from '../../storage/stored-object.js';
import { type Operation, requestedBucket } from '../operation.js';

/** The one owner of everything on a local server. */
export const owner = { ID: '1000000000000000', DisplayName: '1000000000000000' } as const;

const Acls: readonly string[] = ['private', 'public-read', 'public-read-write'] satisfies BucketAcl[];

/** PutBucket: makes a bucket, or sets the ACL of one. */
export const putBucket: Operation = {
  name: 'PutBucket',
  access: 'write',
  async run(context) {
    const acl = context.request.headers['x-oss-acl'] ?? 'private';
    if (!Acls.includes(acl)) {
      throw new OssError('InvalidArgument', { details: { ArgumentName: 'x-oss-acl', ArgumentValue: acl } });
    }
    const name = context.request.target.bucket ?? '';
    await context.catalog.putBucket(name, acl as BucketAcl, context.request.receivedAt);
    return emptyResponse(200, { location: `/${name}` });
  },
};

/** DeleteBucket. */
export const deleteBucket: Operation = {
  name: 'DeleteBucket',
  access: 'write',
  async run(context) {
    await context.catalog.deleteBucket(requestedBucket(context).name);
    return emptyResponse(204);
  },
};

/** GetBucketInfo. */
export const getBucketInfo: Operation = {
  name: 'GetBucketInfo',
  access: 'read',
  async run(context) {
    const bucket = requestedBucket(context);
    return xmlResponse('BucketInfo', {
      Bucket: {
        Name: bucket.name,
        Location: `oss-${context.region}`,
        CreationDate: bucket.createdAt,
        ExtranetEndpoint: new URL(context.origin).host,
        IntranetEndpoint: new URL(context.origin).host,
        StorageClass: 'Standard',
        DataRedundancyType: 'LRS',
        Owner: owner,
        AccessControlList: { Grant: bucket.acl },
      },
    });
  },
};

/** GetBucketLocation. */
export const getBucketLocation: Operation = {
  name: 'GetBucketLocation',
  access: 'read',
  async run(context) {
    requestedBucket(context);
    return {
      status: 200,
      headers: { 'content-type': 'application/xml' },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint>oss-${context.region}</LocationConstraint>`,
    };
  },
};

/** GetBucketAcl. */
export const getBucketAcl: Operation = {
  name: 'GetBucketAcl',
  access: 'read',
  async run(context) {
    const bucket = requestedBucket(context);
    return xmlResponse('AccessControlPolicy', { Owner: owner, AccessControlList: { Grant: bucket.acl } });
  },
};

/** ListBuckets (GetService): all of them, on one page. */
export const listBuckets: Operation = {
  name: 'ListBuckets',
  access: 'read',
  async run(context) {
    const prefix = context.request.target.query.get('prefix') ?? '';
    const host = new URL(context.origin).host;
    return xmlResponse('ListAllMyBucketsResult', {
      Owner: owner,
      Buckets: {
        Bucket: context.catalog
          .buckets()
          .filter((bucket) => bucket.name.startsWith(prefix))
          .map((bucket) => ({
            Name: bucket.name,
            Location: `oss-${context.region}`,
            Region: context.region,
            CreationDate: bucket.createdAt,
            ExtranetEndpoint: host,
            IntranetEndpoint: host,
            StorageClass: 'Standard',
          })),
      },
    });
  },
};
