import { createHash } from 'node:crypto';
import { z } from 'zod';
import { percentEncode } from '../../../common/percent-encoding.js';
import { OssError } from '../../http/oss-error.js';
import { emptyResponse, xmlResponse } from '../../http/oss-response.js';
import { parseXml } from '../../http/xml.js';
import { type Operation, requestedBucket, requestedKey } from '../operation.js';
import { assertContentMd5, assertPayloadSha256 } from '../received-content.js';

const MaxXmlBytes = 2 * 1024 * 1024;
const MaxKeys = 1000;

/** DeleteObject: a success whether or not the object was there. */
export const deleteObject: Operation = {
  name: 'DeleteObject',
  access: 'write',
  async run(context) {
    const bucket = requestedBucket(context);
    const versionId = context.request.target.query.get('versionId');
    if (versionId === undefined || versionId === 'null') {
      await context.catalog.deleteObject(bucket, requestedKey(context));
    }
    return emptyResponse(204);
  },
};

const deleteRequest = z.object({
  Quiet: z.string().optional(),
  Object: z
    .array(z.object({ Key: z.string().min(1), VersionId: z.string().optional() }))
    .min(1)
    .max(MaxKeys),
});

/** DeleteMultipleObjects: up to 1000 keys. */
export const deleteMultipleObjects: Operation = {
  name: 'DeleteMultipleObjects',
  access: 'write',
  async run(context) {
    const bucket = requestedBucket(context);
    const { text, bytes } = await context.request.body.text(MaxXmlBytes);
    const { headers } = context.request;
    assertContentMd5(headers['content-md5'], createHash('md5').update(bytes).digest());
    assertPayloadSha256(context.payloadSha256, createHash('sha256').update(bytes).digest('hex'));
    const parsed = deleteRequest.safeParse(parseXml(text, 'Delete'));
    if (!parsed.success) throw new OssError('MalformedXML');

    for (const { Key: key, VersionId: versionId } of parsed.data.Object) {
      if (versionId === undefined || versionId === 'null') await context.catalog.deleteObject(bucket, key);
    }
    const quiet = parsed.data.Quiet?.trim() === 'true';
    const encoded = context.request.target.query.get('encoding-type') === 'url';
    return xmlResponse('DeleteResult', {
      EncodingType: encoded ? 'url' : undefined,
      Deleted: quiet
        ? undefined
        : parsed.data.Object.map(({ Key: key }) => ({ Key: encoded ? percentEncode(key) : key })),
    });
  },
};
