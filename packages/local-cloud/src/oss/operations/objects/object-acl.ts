import { invalidArgument } from '../../http/oss-error.js';
import { emptyResponse, xmlResponse } from '../../http/oss-response.js';
import { OBJECT_ACL, parseObjectAcl } from '../attribute-headers.js';
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
  headers: [OBJECT_ACL],
  async run(context) {
    const bucket = requestedBucket(context);
    const object = requestedObject(context);
    const value = context.request.headers[OBJECT_ACL];
    if (value === undefined || value === '') {
      throw invalidArgument(OBJECT_ACL, '', `PutObjectAcl requires ${OBJECT_ACL}.`, '0017-00000105');
    }
    const attributes = { ...object.attributes, acl: parseObjectAcl(value) };
    await context.catalog.changeObject(bucket, object, { attributes });
    return emptyResponse(200, versionHeader(bucket, object.versionId));
  },
};
