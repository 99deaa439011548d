import { z } from 'zod';
import { emptyResponse, type OssResponse, xmlResponse } from '../../http/oss-response.js';
import {
  type Operation,
  type OperationContext,
  requestedBucket,
  requestedObject,
  versionHeader,
} from '../operation.js';
import { receiveXml } from '../received-xml.js';
import { collectTags, formatTagging } from '../tagging.js';

const taggingSchema = z.object({
  TagSet: z.union([
    z.object({ Tag: z.array(z.object({ Key: z.string(), Value: z.string() })) }),
    z.literal('').transform(() => ({ Tag: [] })),
  ]),
});

async function setTags(
  context: OperationContext,
  tags: ReadonlyMap<string, string>,
  status: number,
): Promise<OssResponse> {
  const bucket = requestedBucket(context);
  const object = requestedObject(context);
  await context.catalog.changeObject(bucket, object, { attributes: { ...object.attributes, tags } });
  return emptyResponse(status, versionHeader(bucket, object.versionId));
}

/** PutObjectTagging. Last-Modified stays. */
export const putObjectTagging: Operation = {
  name: 'PutObjectTagging',
  access: 'owner',
  parameters: ['versionId'],
  async run(context) {
    requestedObject(context);
    const { TagSet } = await receiveXml(context, 'Tagging', taggingSchema);
    const tags = collectTags(TagSet.Tag.map(({ Key, Value }) => [Key, Value] as const));
    return setTags(context, tags, 200);
  },
};

/** GetObjectTagging. */
export const getObjectTagging: Operation = {
  name: 'GetObjectTagging',
  access: 'owner',
  parameters: ['versionId'],
  async run(context) {
    const object = requestedObject(context);
    return xmlResponse(
      'Tagging',
      formatTagging(object.attributes.tags),
      versionHeader(requestedBucket(context), object.versionId),
    );
  },
};

/** DeleteObjectTagging. */
export const deleteObjectTagging: Operation = {
  name: 'DeleteObjectTagging',
  access: 'owner',
  parameters: ['versionId'],
  run: (context) => setTags(context, new Map(), 204),
};
