import { z } from 'zod';
import { invalidArgument } from '../../http/oss-error.js';
import { emptyResponse, xmlResponse } from '../../http/oss-response.js';
import type { XmlElements } from '../../http/xml.js';
import type { Deletion } from '../../storage/object-catalog.js';
import { nullVersion } from '../../storage/stored-object.js';
import { readKeyEncoding } from '../list-parameters.js';
import { type Operation, requestedBucket, requestedKey } from '../operation.js';
import { assertNotRetained, isRetained } from '../overwriting.js';
import { receiveXml } from '../received-xml.js';

const maxXmlBytes = 2 * 1024 * 1024;
const maxKeys = 1000;

/** @throws {OssError} `InvalidArgument` for what is no version id. */
function assertVersionId(versionId: string | undefined): void {
  if (versionId === undefined || versionId === nullVersion || /^CAEQ[\w.-]*$/.test(versionId)) return;
  throw invalidArgument('versionId', versionId, 'Invalid version id specified.');
}

/** DeleteObject: a success whether or not the object was there. */
export const deleteObject: Operation = {
  name: 'DeleteObject',
  access: 'write',
  parameters: ['versionId'],
  async run(context) {
    const { receivedAt, target } = context.request;
    const versionId = target.query.get('versionId');
    const { catalog } = context;
    assertVersionId(versionId);
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    assertNotRetained(context, bucket, key);
    const done = await catalog.deleteObject(bucket, key, receivedAt, versionId);
    return emptyResponse(204, {
      ...(done.versionId === undefined ? {} : { 'x-oss-version-id': done.versionId }),
      ...(done.isDeleteMarker ? { 'x-oss-delete-marker': 'true' } : {}),
    });
  },
};

const deleteRequest = z.strictObject({
  Quiet: z
    .string()
    .regex(/^\s*(?:true|false)\s*$/i)
    .optional(),
  Object: z
    .array(z.strictObject({ Key: z.string().min(1), VersionId: z.string().min(1).optional() }))
    .min(1)
    .max(maxKeys),
});

function describeDeletion(key: string, versionId: string | undefined, done: Deletion): XmlElements {
  const marker = done.isDeleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: done.versionId } : {};
  return { Key: key, VersionId: versionId, ...marker };
}

/** DeleteMultipleObjects: up to 1000 keys. */
export const deleteMultipleObjects: Operation = {
  name: 'DeleteMultipleObjects',
  access: 'owner',
  parameters: ['encoding-type'],
  async run(context) {
    const bucket = requestedBucket(context);
    const encoding = readKeyEncoding(context.request.target.query);
    const asked = await receiveXml(context, 'Delete', deleteRequest, maxXmlBytes);
    for (const { VersionId } of asked.Object) assertVersionId(VersionId);
    const deleted: XmlElements[] = [];
    for (const { Key: key, VersionId: versionId } of asked.Object) {
      // What was not deleted is not among what was.
      if (isRetained(bucket, key, context.request.receivedAt)) continue;
      const done = await context.catalog.deleteObject(bucket, key, context.request.receivedAt, versionId);
      deleted.push(describeDeletion(encoding.format(key), versionId, done));
    }
    if (asked.Quiet?.trim().toLowerCase() === 'true') return emptyResponse(200);
    return xmlResponse('DeleteResult', { EncodingType: encoding.name, Deleted: deleted });
  },
};
