import { resolveRange } from '../../http/byte-range.js';
import { crc64Header } from '../../http/crc64-header.js';
import { OssError } from '../../http/oss-error.js';
import { emptyResponse, xmlResponse } from '../../http/oss-response.js';
import { readObjectMetadata } from '../../storage/object-metadata.js';
import { StoredBody } from '../../storage/stored-body.js';
import type { MultipartUpload, UploadedPart } from '../../storage/stored-object.js';
import {
  assertNoServerSideEncryption,
  encryptionHeaders,
  objectAclHeader,
  readAttributes,
  serverSideEncryptionHeaders,
  taggingHeader,
} from '../attribute-headers.js';
import {
  assertEncryptedPart,
  assertEncryptedPartSize,
  assertPartCopySource,
  readEncryptionHeaders,
} from '../encryption-header-rules.js';
import { readCount, readKeyEncoding } from '../list-parameters.js';
import { copySourceHeaders, copySourceParameters, findCopySource } from '../objects/copy-source.js';
import { type Operation, type OperationContext, requestedBucket } from '../operation.js';
import { forbidOverwriteHeader } from '../overwriting.js';
import { contentEtag, type ReceivedContent, receiveContent, storeContent } from '../received-content.js';
import { assertUnconditional } from '../request-vocabulary.js';
import { completeAllHeader, requestedUpload } from './multipart-upload.js';

const maxPartNumber = 10_000;
const copySourceRange = 'x-oss-copy-source-range';
// SDKs repeat these headers of an upload on its parts. OSS takes no notice of the ACL.
const repeatedHeaders = [objectAclHeader, taggingHeader, forbidOverwriteHeader, completeAllHeader];

/** A part has no attributes of its own: tags that it repeats must be those that its upload was started with. */
function assertRepeats(context: OperationContext, upload: MultipartUpload): void {
  const { headers } = context.request;
  assertUnconditional(headers);
  assertNoServerSideEncryption(headers);
  const { tags } = readAttributes(headers, upload.attributes.storageClass);
  if (taggingHeader in headers && JSON.stringify([...tags]) !== JSON.stringify([...upload.attributes.tags])) {
    throw new OssError('NotImplemented', { message: 'A part has no tags of its own.' });
  }
}

function requestedPartNumber(context: OperationContext): number {
  const text = context.request.target.query.get('partNumber') ?? '';
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > maxPartNumber) {
    throw new OssError('InvalidArgument', {
      message: `partNumber must be from 1 to ${maxPartNumber}.`,
      details: { ArgumentName: 'partNumber', ArgumentValue: text },
    });
  }
  return number;
}

/** Adds a received part, unless its upload was completed or aborted while it came in. */
function addPart(context: OperationContext, number: number, content: ReceivedContent): UploadedPart {
  let upload: MultipartUpload;
  try {
    upload = requestedUpload(context, 'NoSuchUploadForPart');
  } catch (error) {
    content.segment.release();
    throw error;
  }
  const part: UploadedPart = {
    number,
    body: new StoredBody([content.segment]),
    etag: contentEtag(content.sums),
    crc64: content.sums.crc64,
    lastModified: context.request.receivedAt,
  };
  context.catalog.putPart(upload, part);
  return part;
}

/** UploadPart. */
export const uploadPart: Operation = {
  name: 'UploadPart',
  access: 'write',
  parameters: ['uploadId'],
  headers: [...repeatedHeaders, ...serverSideEncryptionHeaders],
  async run(context) {
    const number = requestedPartNumber(context);
    const upload = requestedUpload(context, 'NoSuchUploadForPart');
    assertRepeats(context, upload);
    const encryption = readEncryptionHeaders(upload.metadata);
    assertEncryptedPart(encryption, readEncryptionHeaders(readObjectMetadata(context.request.headers)));
    const content = await receiveContent(context, (sizeBytes) => {
      if (encryption) assertEncryptedPartSize(encryption, number, sizeBytes);
    });
    const part = addPart(context, number, content);
    return emptyResponse(200, {
      etag: `"${part.etag}"`,
      ...crc64Header(part.crc64),
      ...(content.sums.md5 ? { 'content-md5': content.sums.md5.toString('base64') } : {}),
      ...encryptionHeaders(upload.attributes),
    });
  },
};

/** UploadPartCopy: a part from an object, or from a range of it. */
export const uploadPartCopy: Operation = {
  name: 'UploadPartCopy',
  access: 'write',
  parameters: ['uploadId', ...copySourceParameters],
  headers: [...copySourceHeaders, copySourceRange],
  async run(context) {
    const number = requestedPartNumber(context);
    const upload = requestedUpload(context, 'NoSuchUploadForPartCopy');
    const encryption = readEncryptionHeaders(upload.metadata);
    const { object: source, headers: sourceVersion } = findCopySource(context);
    assertPartCopySource(source.metadata);
    const range = context.request.headers[copySourceRange];
    const outcome = resolveRange(range, source.body.sizeBytes, true);
    if (outcome.kind === 'unsatisfiable' || (range !== undefined && outcome.kind === 'whole')) {
      throw new OssError('InvalidRange', {
        details: { ActualObjectSize: source.body.sizeBytes, RangeRequested: range ?? '' },
      });
    }
    const { startBytes, endBytes } =
      outcome.kind === 'part' ? outcome : { startBytes: 0, endBytes: source.body.sizeBytes };
    if (encryption) assertEncryptedPartSize(encryption, number, endBytes - startBytes);

    const shared = source.body.share();
    let content: ReceivedContent;
    try {
      content = await storeContent(context, copies(shared.read(startBytes, endBytes)));
    } finally {
      shared.release();
    }
    const part = addPart(context, number, content);
    return xmlResponse(
      'CopyPartResult',
      { LastModified: part.lastModified, ETag: `"${part.etag}"` },
      {
        etag: `"${part.etag}"`,
        ...crc64Header(part.crc64),
        ...encryptionHeaders(upload.attributes),
        ...sourceVersion,
      },
    );
  },
};

/** A body reuses its buffers; a store keeps what it is given. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield new Uint8Array(chunk);
}

/** ListParts; of a client-side encrypted upload also what it was started with, except `matdesc`. */
export const listParts: Operation = {
  name: 'ListParts',
  access: 'owner',
  // oss2 repeats the headers of an upload when it resumes it.
  headers: repeatedHeaders,
  parameters: ['max-parts', 'part-number-marker', 'encoding-type'],
  async run(context) {
    const { query } = context.request.target;
    const encoding = readKeyEncoding(query);
    const upload = requestedUpload(context);
    const limit = readCount(query, 'max-parts', { minimum: 1, maximum: 1000, fallback: 1000 });
    const marker = readCount(query, 'part-number-marker', {
      minimum: 0,
      maximum: maxPartNumber,
      fallback: 0,
    });
    const rest = [...upload.parts.values()]
      .filter((part) => part.number > marker)
      .sort((a, b) => a.number - b.number);
    const page = rest.slice(0, limit);
    const encryption = readEncryptionHeaders(upload.metadata);
    return xmlResponse('ListPartsResult', {
      EncodingType: encoding.name,
      Bucket: requestedBucket(context).name,
      Key: encoding.format(upload.key),
      UploadId: upload.id,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.number ?? marker,
      MaxParts: limit,
      IsTruncated: rest.length > page.length,
      StorageClass: upload.attributes.storageClass,
      ClientEncryptionKey: encryption?.key,
      ClientEncryptionStart: encryption?.start,
      ClientEncryptionCekAlg: encryption?.['cek-alg'],
      ClientEncryptionWrapAlg: encryption?.['wrap-alg'],
      ClientEncryptionDataSize: encryption?.['data-size'],
      ClientEncryptionPartSize: encryption?.['part-size'],
      Part: page.map((part) => ({
        PartNumber: part.number,
        LastModified: part.lastModified,
        ETag: `"${part.etag}"`,
        HashCrc64ecma: part.crc64?.toString(),
        Size: part.body.sizeBytes,
      })),
    });
  },
};
