import { invalidArgument } from '../../http/oss-error.js';
import { emptyResponse, xmlResponse } from '../../http/oss-response.js';
import { objectAclHeader, parseObjectAcl } from '../attribute-headers.js';
import { owner } from '../buckets/bucket-operations.js';
import { type Operation, requestedBucket, requestedObject, versionHeader } from '../operation.js';

/** GetObjectAcl. */
export const getObjectAcl: Operation = {
  name: 'GetObjectAcl',
  access: 'owner',
  parameters: ['versionId'],
  async run(context) {
    const object = requestedObject(context);
    return xmlResponse(
      'AccessControlPolicy',
      { Owner: owner, AccessControlList: { Grant: object.attributes.acl } },
      versionHeader(requestedBucket(context), object.versionId),
    );
  },
};

/** PutObjectAcl. */
export const putObjectAcl: Operation = {
  name: 'PutObjectAcl',
  access: 'owner',
  parameters: ['versionId'],
  headers: [objectAclHeader],
  async run(context) {
    const bucket = requestedBucket(context);
    const object = requestedObject(context);
    const value = context.request.headers[objectAclHeader];
    if (value === undefined || value === '') {
      throw invalidArgument(
        objectAclHeader,
        '',
        `PutObjectAcl requires ${objectAclHeader}.`,
        '0017-00000105',
      );
    }
    const attributes = { ...object.attributes, acl: parseObjectAcl(value) };
    await context.catalog.changeObject(bucket, object, { attributes });
    return emptyResponse(200, versionHeader(bucket, object.versionId));
  },
};
