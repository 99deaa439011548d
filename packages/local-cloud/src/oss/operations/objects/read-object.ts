import { resolveRange } from '../../http/byte-range.js';
import { crc64Header } from '../../http/crc64-header.js';
import { GzipBody, isCompressed } from '../../http/gzip-body.js';
import { OssError } from '../../http/oss-error.js';
import type { OssResponse } from '../../http/oss-response.js';
import { assertConditions, readConditions } from '../../http/precondition.js';
import { formatObjectMetadata } from '../../storage/object-metadata.js';
import type { StoredObject } from '../../storage/stored-object.js';
import { assertReadable, restoreInfo } from '../archive.js';
import { encryptionHeaders } from '../attribute-headers.js';
import {
  type Operation,
  type OperationContext,
  requestedBucket,
  requestedObject,
  versionHeader,
} from '../operation.js';
import { symlinkContent } from './symlink.js';

/** The object that is asked for, and the one whose bytes it has: the target of a symbolic link. */
interface ReadObject {
  readonly object: StoredObject;
  readonly content: StoredObject;
  readonly lastModified: Date;
}

function findObject(context: OperationContext): ReadObject {
  const object = requestedObject(context, 'MethodNotAllowed');
  const content = symlinkContent(requestedBucket(context), object);
  const lastModified = new Date(Math.max(content.lastModified.getTime(), object.lastModified.getTime()));
  assertConditions(readConditions(context.request.headers), content.etag, lastModified);
  return { object, content, lastModified };
}

/** Size, ETag and sums are those of the content; the rest is the link's own. Page HeadObject. */
function objectHeaders(context: OperationContext, found: ReadObject): Record<string, string> {
  const { object, content, lastModified } = found;
  const { attributes } = object;
  const restore = restoreInfo(object, context.request.receivedAt);
  return {
    etag: `"${content.etag}"`,
    'last-modified': lastModified.toUTCString(),
    'accept-ranges': 'bytes',
    'x-oss-object-type': object.type,
    'x-oss-storage-class': attributes.storageClass,
    ...crc64Header(content.crc64),
    ...(content.contentMd5 === undefined ? {} : { 'content-md5': content.contentMd5 }),
    ...(object.type === 'Appendable' ? { 'x-oss-next-append-position': String(content.body.sizeBytes) } : {}),
    ...(attributes.tags.size === 0 ? {} : { 'x-oss-tagging-count': String(attributes.tags.size) }),
    ...encryptionHeaders(attributes),
    ...(restore === undefined ? {} : { 'x-oss-restore': restore }),
    ...versionHeader(requestedBucket(context), object.versionId),
    ...formatObjectMetadata(object.metadata),
  };
}

const overrides = [
  ['response-content-type', 'content-type'],
  ['response-content-language', 'content-language'],
  ['response-expires', 'expires'],
  ['response-cache-control', 'cache-control'],
  ['response-content-disposition', 'content-disposition'],
  ['response-content-encoding', 'content-encoding'],
] as const;

const parameters = ['versionId', ...overrides.map(([parameter]) => parameter)];

function applyOverrides(context: OperationContext, headers: Record<string, string>): void {
  for (const [parameter, header] of overrides) {
    const value = context.request.target.query.get(parameter);
    if (value === undefined) continue;
    if (!context.request.authenticated) {
      throw new OssError('InvalidRequest', { message: `${parameter} requires a signed request.` });
    }
    headers[header] = value;
  }
}

/** GetObject, with single ranges and conditions. */
export const getObject: Operation = {
  name: 'GetObject',
  access: 'read',
  parameters: parameters,
  headers: ['x-oss-range-behavior'],
  async run(context): Promise<OssResponse> {
    const found = findObject(context);
    const { content } = found;
    assertReadable(content, context.request.receivedAt);
    const headers = objectHeaders(context, found);
    applyOverrides(context, headers);
    if (content.body.segments.some((segment) => segment.discarded)) {
      throw new OssError('InternalError', { message: 'The server discards bodies; this one was not kept.' });
    }
    const { sizeBytes } = content.body;
    const { range, 'accept-encoding': acceptEncoding } = context.request.headers;
    const standard = context.request.headers['x-oss-range-behavior'] === 'standard';
    const outcome = resolveRange(context.ignoreRange ? undefined : range, sizeBytes, standard);

    if (outcome.kind === 'unsatisfiable') {
      throw new OssError('InvalidRange', {
        details: { ActualObjectSize: sizeBytes, RangeRequested: range ?? '' },
        headers: { 'content-range': `bytes */${sizeBytes}` },
      });
    }
    if (outcome.kind === 'whole') {
      const whole = { startBytes: 0, endBytes: sizeBytes };
      if (range === undefined && isCompressed(acceptEncoding, headers, sizeBytes)) {
        // The page says of the ETag alone that it is missing. A compressed answer has no length that is known ahead.
        const { etag: _omitted, ...rest } = headers;
        const body = new GzipBody(content.body.share());
        return {
          status: 200,
          headers: { ...rest, 'content-encoding': 'gzip', vary: 'Accept-Encoding' },
          body: { body, ...whole },
          chunked: true,
        };
      }
      return { status: 200, headers, body: { body: content.body.share(), ...whole } };
    }
    headers['content-range'] = `bytes ${outcome.startBytes}-${outcome.endBytes - 1}/${sizeBytes}`;
    const { startBytes, endBytes } = outcome;
    return { status: 206, headers, body: { body: content.body.share(), startBytes, endBytes } };
  },
};

/** HeadObject. */
export const headObject: Operation = {
  name: 'HeadObject',
  access: 'read',
  parameters: parameters,
  headers: ['x-oss-range-behavior'],
  async run(context) {
    const found = findObject(context);
    const headers = objectHeaders(context, found);
    applyOverrides(context, headers);
    return { status: 200, headers, contentLengthBytes: found.content.body.sizeBytes };
  },
};

/** GetObjectMeta: size, ETag, time and checksum only; of a symbolic link its own. */
export const getObjectMeta: Operation = {
  name: 'GetObjectMeta',
  access: 'read',
  parameters: ['versionId'],
  async run(context) {
    const object = requestedObject(context, 'MethodNotAllowed');
    assertConditions(readConditions(context.request.headers), object.etag, object.lastModified);
    return {
      status: 200,
      headers: {
        etag: `"${object.etag}"`,
        'last-modified': object.lastModified.toUTCString(),
        ...crc64Header(object.crc64),
        ...versionHeader(requestedBucket(context), object.versionId),
      },
      contentLengthBytes: object.body.sizeBytes,
    };
  },
};
