import { OssError } from '../../http/oss-error.js';
import { xmlResponse } from '../../http/oss-response.js';
import type { XmlElements } from '../../http/xml.js';
import type { Bucket, StoredObject } from '../../storage/stored-object.js';
import { restoreInfo } from '../archive.js';
import {
  type KeyEncoding,
  type OrderedEntries,
  pageKeys,
  readCount,
  readKeyEncoding,
  readText,
} from '../list-parameters.js';
import { type Operation, requestedBucket } from '../operation.js';
import { owner } from './bucket-operations.js';

const limits = { minimum: 1, maximum: 1000, fallback: 100 };

/** What a listing says of an object. */
export function describeObject(
  object: StoredObject,
  encoding: KeyEncoding,
  withOwner: boolean,
  now: Date,
): XmlElements {
  return {
    Key: encoding.format(object.key),
    LastModified: object.lastModified,
    ETag: `"${object.etag}"`,
    Type: object.type,
    Size: object.body.sizeBytes,
    StorageClass: object.attributes.storageClass,
    Owner: withOwner ? owner : undefined,
    RestoreInfo: restoreInfo(object, now),
  };
}

function objectsOf({ keys, objects }: Bucket): OrderedEntries<StoredObject> {
  return {
    *from(place, entrance) {
      for (const key of keys.from(place, entrance)) {
        const object = objects.get(key);
        // A key may have old versions only.
        if (object !== undefined) yield object;
      }
    },
  };
}

/** ListObjects (GetBucket). */
export const listObjects: Operation = {
  name: 'ListObjects',
  access: 'read',
  parameters: ['prefix', 'delimiter', 'marker', 'max-keys', 'encoding-type'],
  async run(context) {
    const bucket = requestedBucket(context);
    const { query } = context.request.target;
    const encoding = readKeyEncoding(query);
    const prefix = readText(query, 'prefix');
    const delimiter = readText(query, 'delimiter');
    const marker = readText(query, 'marker');
    const limit = readCount(query, 'max-keys', limits);
    const page = pageKeys(objectsOf(bucket), {
      prefix,
      delimiter,
      limit,
      marker,
    });
    return xmlResponse('ListBucketResult', {
      Name: bucket.name,
      Prefix: encoding.format(prefix),
      Marker: encoding.format(marker),
      MaxKeys: limit,
      Delimiter: encoding.format(delimiter),
      EncodingType: encoding.name,
      IsTruncated: page.nextMarker !== undefined,
      NextMarker: page.nextMarker === undefined ? undefined : encoding.format(page.nextMarker),
      Contents: page.entries.map((object) =>
        describeObject(object, encoding, true, context.request.receivedAt),
      ),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: encoding.format(name) })),
    });
  },
};

function parseToken(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined;
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (Buffer.from(key, 'utf8').toString('base64url') !== token) {
    throw new OssError('InvalidArgument', {
      message: 'The continuation token is not one of this server.',
      details: { ArgumentName: 'continuation-token', ArgumentValue: token },
    });
  }
  return key;
}

/** ListObjectsV2 (GetBucketV2). */
export const listObjectsV2: Operation = {
  name: 'ListObjectsV2',
  access: 'read',
  parameters: [
    'prefix',
    'delimiter',
    'start-after',
    'continuation-token',
    'max-keys',
    'encoding-type',
    'fetch-owner',
  ],
  async run(context) {
    const bucket = requestedBucket(context);
    const { query } = context.request.target;
    const encoding = readKeyEncoding(query);
    const prefix = readText(query, 'prefix');
    const delimiter = readText(query, 'delimiter');
    const startAfter = query.has('start-after') ? readText(query, 'start-after') : undefined;
    const token = query.get('continuation-token');
    const after = parseToken(token) ?? startAfter ?? '';
    const limit = readCount(query, 'max-keys', limits);
    const withOwner = query.get('fetch-owner') === 'true';
    const page = pageKeys(objectsOf(bucket), {
      prefix,
      delimiter,
      limit,
      marker: after,
    });
    return xmlResponse('ListBucketResult', {
      Name: bucket.name,
      Prefix: encoding.format(prefix),
      StartAfter: startAfter === undefined ? undefined : encoding.format(startAfter),
      ContinuationToken: token,
      MaxKeys: limit,
      Delimiter: encoding.format(delimiter),
      EncodingType: encoding.name,
      IsTruncated: page.nextMarker !== undefined,
      NextContinuationToken:
        page.nextMarker === undefined
          ? undefined
          : Buffer.from(page.nextMarker, 'utf8').toString('base64url'),
      KeyCount: page.entries.length + page.commonPrefixes.length,
      Contents: page.entries.map((object) =>
        describeObject(object, encoding, withOwner, context.request.receivedAt),
      ),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: encoding.format(name) })),
    });
  },
};
