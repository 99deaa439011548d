import { createHash } from 'node:crypto';
import { crc64Header } from '../../http/crc64-header.js';
import { invalidArgument, OssError } from '../../http/oss-error.js';
import { emptyResponse } from '../../http/oss-response.js';
import { combineCrc64 } from '../../storage/crc64.js';
import { readObjectMetadata } from '../../storage/object-metadata.js';
import { StoredBody } from '../../storage/stored-body.js';
import { type Bucket, nullVersion, type StoredObject } from '../../storage/stored-object.js';
import { attributeHeaders, encryptionHeaders, readAttributes } from '../attribute-headers.js';
import { type Operation, requestedBucket, requestedKey, versionHeader } from '../operation.js';
import { assertOverwriteAllowed, assertReplaceable, forbidOverwriteHeader } from '../overwriting.js';
import { contentEtag, receiveContent } from '../received-content.js';
import { assertUnconditional } from '../request-vocabulary.js';

function findAppendable(bucket: Bucket, key: string, position: number): StoredObject | undefined {
  const object = bucket.objects.get(key);
  if ((object && object.type !== 'Appendable') || (!object && bucket.history.has(key))) {
    throw new OssError('ObjectNotAppendable', { details: { Key: key } });
  }
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
  parameters: ['position'],
  headers: [forbidOverwriteHeader, ...attributeHeaders],
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const text = context.request.target.query.get('position') ?? '';
    if (!/^\d{1,15}$/.test(text)) {
      throw invalidArgument('position', text, 'position must be a number of bytes.');
    }
    const position = Number(text);
    const { headers } = context.request;
    assertUnconditional(headers);
    const metadata = readObjectMetadata(headers);
    // Of an object that is there, the attributes stay: OSS does not even read those of a later append.
    const known = findAppendable(bucket, key, position);
    const asked = known?.attributes ?? readAttributes(headers, bucket.storageClass);
    assertOverwriteAllowed(context, bucket, key);
    assertReplaceable(context, bucket, key);

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
    const attributes = previous?.attributes ?? asked;
    // Appending makes no version: the object is the version null, also where versioning is enabled.
    const appended = {
      key,
      body,
      etag,
      crc64,
      contentMd5: undefined,
      metadata: previous?.metadata ?? metadata,
      attributes,
      lastModified: context.request.receivedAt,
      type: 'Appendable' as const,
      symlinkTarget: undefined,
      restoration: undefined,
    };
    const stored = await context.catalog.putObject(bucket, appended, nullVersion);
    return emptyResponse(200, {
      etag: `"${etag}"`,
      'x-oss-next-append-position': String(body.sizeBytes),
      ...crc64Header(crc64),
      ...encryptionHeaders(attributes),
      ...versionHeader(bucket, stored.versionId),
    });
  },
};
