import { createHash } from 'node:crypto';
import { crc64Header } from '../../http/crc64-header.js';
import { OssError } from '../../http/oss-error.js';
import { emptyResponse } from '../../http/oss-response.js';
import { combineCrc64 } from '../../storage/crc64.js';
import { readObjectMetadata } from '../../storage/object-metadata.js';
import { StoredBody } from '../../storage/stored-body.js';
import type { Bucket, StoredObject } from '../../storage/stored-object.js';
import { type Operation, requestedBucket, requestedKey } from '../operation.js';
import { contentEtag, receiveContent } from '../received-content.js';
import { assertOverwriteAllowed } from './object-operations.js';

function findAppendable(bucket: Bucket, key: string, position: number): StoredObject | undefined {
  const object = bucket.objects.get(key);
  if (object && object.type !== 'Appendable')
    throw new OssError('ObjectNotAppendable', { details: { Key: key } });
  const length = object?.body.sizeBytes ?? 0;
  if (position !== length) {
    throw new OssError('PositionNotEqualToLength', {
      details: { Key: key },
      headers: { 'x-oss-next-append-position': String(length) },
    });
  }
  return object;
}

/** AppendObject. */
export const appendObject: Operation = {
  name: 'AppendObject',
  access: 'write',
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const text = context.request.target.query.get('position') ?? '';
    if (!/^\d{1,15}$/.test(text)) {
      throw new OssError('InvalidArgument', {
        message: 'position must be a number of bytes.',
        details: { ArgumentName: 'position', ArgumentValue: text },
      });
    }
    const position = Number(text);
    const metadata = readObjectMetadata(context.request.headers);
    findAppendable(bucket, key, position);
    assertOverwriteAllowed(context, bucket, key);

    const { segment, sums } = await receiveContent(context);
    let previous: StoredObject | undefined;
    try {
      previous = findAppendable(bucket, key, position);
    } catch (error) {
      segment.release();
      throw error;
    }
    const whole = previous?.body.share().segments ?? [];
    const body = new StoredBody([...whole, segment]);
    const crc64 = !previous
      ? sums.crc64
      : previous.crc64 === undefined || sums.crc64 === undefined
        ? undefined
        : combineCrc64(previous.crc64, sums.crc64, segment.sizeBytes);
    // The ETag of an appendable object is not the MD5 of its content, but changes with every append.
    const etag = createHash('md5')
      .update(`${previous?.etag ?? ''}:${contentEtag(sums)}:${body.sizeBytes}`)
      .digest('hex')
      .toUpperCase();
    await context.catalog.putObject(bucket, {
      key,
      body,
      etag,
      crc64,
      metadata: previous?.metadata ?? metadata,
      lastModified: context.request.receivedAt,
      type: 'Appendable',
    });
    return emptyResponse(200, {
      etag: `"${etag}"`,
      'x-oss-next-append-position': String(body.sizeBytes),
      ...crc64Header(crc64),
    });
  },
};
