import { resolveRange } from '../../http/byte-range.js';
import { crc64Header } from '../../http/crc64-header.js';
import { OssError } from '../../http/oss-error.js';
import { emptyResponse, type OssResponse } from '../../http/oss-response.js';
import { assertConditions, readConditions } from '../../http/precondition.js';
import { formatObjectMetadata, readObjectMetadata } from '../../storage/object-metadata.js';
import { StoredBody } from '../../storage/stored-body.js';
import type { Bucket, StoredObject } from '../../storage/stored-object.js';
import { assertEncryptedPut, readEncryptionHeaders } from '../encryption-header-rules.js';
import { type Operation, type OperationContext, requestedBucket, requestedKey } from '../operation.js';
import { contentEtag, receiveContent } from '../received-content.js';

/** @throws {OssError} `FileAlreadyExists` when the request forbids to overwrite and the object is there. */
export function assertOverwriteAllowed(context: OperationContext, bucket: Bucket, key: string): void {
  if (context.request.headers['x-oss-forbid-overwrite'] !== 'true') return;
  if (bucket.objects.has(key)) throw new OssError('FileAlreadyExists', { details: { Key: key } });
}

/**
 * Refuses versions: buckets here have none, so that only `null`, the version of an unversioned object, is there.
 * @throws {OssError} `NoSuchVersion`.
 */
export function assertNullVersion(versionId: string | undefined, key: string): void {
  if (versionId === undefined || versionId === 'null') return;
  throw new OssError('NoSuchVersion', { details: { Key: key, VersionId: versionId } });
}

/** PutObject. */
export const putObject: Operation = {
  name: 'PutObject',
  access: 'write',
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const metadata = readObjectMetadata(context.request.headers);
    const encryption = readEncryptionHeaders(metadata);
    if (encryption) assertEncryptedPut(encryption);
    assertOverwriteAllowed(context, bucket, key);

    const { segment, sums } = await receiveContent(context);
    const body = new StoredBody([segment]);
    const etag = contentEtag(sums);
    try {
      assertOverwriteAllowed(context, bucket, key);
    } catch (error) {
      body.release();
      throw error;
    }
    await context.catalog.putObject(bucket, {
      key,
      body,
      etag,
      crc64: sums.crc64,
      metadata,
      lastModified: context.request.receivedAt,
      type: 'Normal',
    });
    return emptyResponse(200, {
      etag: `"${etag}"`,
      ...crc64Header(sums.crc64),
      ...(sums.md5 ? { 'content-md5': sums.md5.toString('base64') } : {}),
    });
  },
};

function objectHeaders(object: StoredObject): Record<string, string> {
  return {
    etag: `"${object.etag}"`,
    'last-modified': object.lastModified.toUTCString(),
    'accept-ranges': 'bytes',
    'x-oss-object-type': object.type,
    'x-oss-storage-class': 'Standard',
    ...crc64Header(object.crc64),
    ...(object.type === 'Appendable' ? { 'x-oss-next-append-position': String(object.body.sizeBytes) } : {}),
    ...formatObjectMetadata(object.metadata),
  };
}

const Overrides = [
  ['response-content-type', 'content-type'],
  ['response-content-language', 'content-language'],
  ['response-expires', 'expires'],
  ['response-cache-control', 'cache-control'],
  ['response-content-disposition', 'content-disposition'],
  ['response-content-encoding', 'content-encoding'],
] as const;

function applyOverrides(context: OperationContext, headers: Record<string, string>): void {
  for (const [parameter, header] of Overrides) {
    const value = context.request.target.query.get(parameter);
    if (value === undefined) continue;
    if (!context.request.authenticated) {
      throw new OssError('InvalidRequest', { message: `${parameter} requires a signed request.` });
    }
    headers[header] = value;
  }
}

function findObject(context: OperationContext): StoredObject {
  const bucket = requestedBucket(context);
  const key = requestedKey(context);
  assertNullVersion(context.request.target.query.get('versionId'), key);
  const object = context.catalog.object(bucket, key);
  assertConditions(readConditions(context.request.headers), object.etag, object.lastModified);
  return object;
}

/** GetObject, with single ranges and conditions. */
export const getObject: Operation = {
  name: 'GetObject',
  access: 'read',
  async run(context): Promise<OssResponse> {
    const object = findObject(context);
    const headers = objectHeaders(object);
    applyOverrides(context, headers);
    if (object.body.segments.some((segment) => segment.discarded)) {
      throw new OssError('InternalError', { message: 'The server discards bodies; this one was not kept.' });
    }
    const { sizeBytes } = object.body;
    const range = context.request.headers.range;
    const standard = context.request.headers['x-oss-range-behavior'] === 'standard';
    const outcome = resolveRange(context.ignoreRange ? undefined : range, sizeBytes, standard);

    if (outcome.kind === 'unsatisfiable') {
      throw new OssError('InvalidRange', {
        details: { ActualObjectSize: sizeBytes, RangeRequested: range ?? '' },
        headers: { 'content-range': `bytes */${sizeBytes}` },
      });
    }
    if (outcome.kind === 'whole') {
      return {
        status: 200,
        headers,
        body: { body: object.body.share(), startBytes: 0, endBytes: sizeBytes },
      };
    }
    headers['content-range'] = `bytes ${outcome.startBytes}-${outcome.endBytes - 1}/${sizeBytes}`;
    const { startBytes, endBytes } = outcome;
    return { status: 206, headers, body: { body: object.body.share(), startBytes, endBytes } };
  },
};

/** HeadObject. */
export const headObject: Operation = {
  name: 'HeadObject',
  access: 'read',
  async run(context) {
    const object = findObject(context);
    const headers = objectHeaders(object);
    applyOverrides(context, headers);
    return { status: 200, headers, contentLengthBytes: object.body.sizeBytes };
  },
};

/** GetObjectMeta: size, ETag and time only. */
export const getObjectMeta: Operation = {
  name: 'GetObjectMeta',
  access: 'read',
  async run(context) {
    const object = findObject(context);
    return {
      status: 200,
      headers: { etag: `"${object.etag}"`, 'last-modified': object.lastModified.toUTCString() },
      contentLengthBytes: object.body.sizeBytes,
    };
  },
};
