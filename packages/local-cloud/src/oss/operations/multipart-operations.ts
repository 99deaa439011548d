import { createHash } from 'node:crypto';
import { z } from 'zod';
import { resolveRange } from '../http/byte-range.js';
import { OssError } from '../http/oss-error.js';
import { emptyResponse, xmlResponse } from '../http/oss-response.js';
import { parseXml } from '../http/xml.js';
import { combineCrc64 } from '../storage/crc64.js';
import { compareKeys, type MultipartUpload, type UploadedPart } from '../storage/object-catalog.js';
import { readObjectMetadata } from '../storage/object-metadata.js';
import { StoredBody } from '../storage/stored-body.js';
import { findCopySource } from './copy-source.js';
import {
  assertEncryptedComplete,
  assertEncryptedInitiate,
  assertEncryptedPart,
  assertEncryptedPartSize,
  assertPartCopySource,
  readEncryptionHeaders,
} from './encryption-header-rules.js';
import { pageKeys, readCount, readKeyEncoding } from './list-parameters.js';
import { assertOverwriteAllowed, crc64Header } from './object-operations.js';
import { type Operation, type OperationContext, requestedBucket, requestedKey } from './operation.js';
import {
  assertContentMd5,
  assertPayloadSha256,
  contentEtag,
  type ReceivedContent,
  receiveContent,
  storeContent,
} from './received-content.js';

const MAX_PART_NUMBER = 10_000;
const MIN_PART_BYTES = 100 * 1024;
const MAX_XML_BYTES = 4 * 1024 * 1024;

/** InitiateMultipartUpload. */
export const initiateMultipartUpload: Operation = {
  name: 'InitiateMultipartUpload',
  access: 'write',
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const metadata = readObjectMetadata(context.request.headers);
    const encryption = readEncryptionHeaders(metadata);
    if (encryption) assertEncryptedInitiate(encryption);
    assertOverwriteAllowed(context, bucket, key);
    const encoding = readKeyEncoding(context.request.target.query);
    const upload = context.catalog.startUpload(bucket, {
      key,
      metadata,
      encryption,
      initiatedAt: context.request.receivedAt,
    });
    return xmlResponse('InitiateMultipartUploadResult', {
      EncodingType: encoding.name,
      Bucket: bucket.name,
      Key: encoding.format(key),
      UploadId: upload.id,
    });
  },
};

function requestedUpload(context: OperationContext): MultipartUpload {
  const id = context.request.target.query.get('uploadId') ?? '';
  return context.catalog.upload(requestedBucket(context), requestedKey(context), id);
}

function requestedPartNumber(context: OperationContext): number {
  const text = context.request.target.query.get('partNumber') ?? '';
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_PART_NUMBER) {
    throw new OssError('InvalidArgument', {
      message: `partNumber must be from 1 to ${MAX_PART_NUMBER}.`,
      details: { ArgumentName: 'partNumber', ArgumentValue: text },
    });
  }
  return number;
}

/** Adds a received part, unless its upload was completed or aborted while it came in. */
function addPart(context: OperationContext, number: number, content: ReceivedContent): UploadedPart {
  let upload: MultipartUpload;
  try {
    upload = requestedUpload(context);
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
  async run(context) {
    const number = requestedPartNumber(context);
    const { encryption } = requestedUpload(context);
    assertEncryptedPart(encryption, readEncryptionHeaders(readObjectMetadata(context.request.headers)));
    const content = await receiveContent(context, (sizeBytes) => {
      if (encryption) assertEncryptedPartSize(encryption, number, sizeBytes);
    });
    const part = addPart(context, number, content);
    return emptyResponse(200, {
      etag: `"${part.etag}"`,
      ...crc64Header(part.crc64),
      ...(content.sums.md5 ? { 'content-md5': content.sums.md5.toString('base64') } : {}),
    });
  },
};

/** UploadPartCopy: a part from an object, or from a range of it. */
export const uploadPartCopy: Operation = {
  name: 'UploadPartCopy',
  access: 'write',
  async run(context) {
    const number = requestedPartNumber(context);
    const { encryption } = requestedUpload(context);
    const source = findCopySource(context);
    assertPartCopySource(source.metadata);
    const range = context.request.headers['x-oss-copy-source-range'];
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
      { etag: `"${part.etag}"`, ...crc64Header(part.crc64) },
    );
  },
};

/** A body reuses its buffers; a store keeps what it is given. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield new Uint8Array(chunk);
}

const completeRequest = z.object({
  Part: z
    .array(z.object({ PartNumber: z.string().regex(/^\s*\d{1,6}\s*$/), ETag: z.string() }))
    .min(1)
    .max(MAX_PART_NUMBER),
});

function assertAscending(numbers: readonly number[]): void {
  for (let i = 1; i < numbers.length; i += 1) {
    if (numbers[i]! <= numbers[i - 1]!) throw new OssError('InvalidPartOrder');
  }
}

async function requestedParts(context: OperationContext, upload: MultipartUpload): Promise<UploadedPart[]> {
  const { text, bytes } = await context.request.body.text(MAX_XML_BYTES);
  const { headers } = context.request;
  assertContentMd5(headers['content-md5'], createHash('md5').update(bytes).digest());
  assertPayloadSha256(context.payloadSha256, createHash('sha256').update(bytes).digest('hex'));
  if (headers['x-oss-complete-all'] === 'yes') {
    if (text.trim() !== '') {
      throw new OssError('InvalidArgument', { message: 'x-oss-complete-all forbids a list of parts.' });
    }
    return [...upload.parts.values()].sort((a, b) => a.number - b.number);
  }
  const parsed = completeRequest.safeParse(parseXml(text, 'CompleteMultipartUpload'));
  if (!parsed.success) throw new OssError('MalformedXML');
  const listed = parsed.data.Part.map(({ PartNumber, ETag }) => ({
    number: Number(PartNumber),
    etag: ETag.trim().replace(/^"|"$/g, '').toUpperCase(),
  }));
  assertAscending(listed.map(({ number }) => number));
  return listed.map(({ number, etag }) => {
    const part = upload.parts.get(number);
    if (!part || part.etag !== etag) {
      throw new OssError('InvalidPart', { details: { PartNumber: number, UploadId: upload.id } });
    }
    return part;
  });
}

function assertPartSizes(parts: readonly UploadedPart[]): void {
  for (const part of parts.slice(0, -1)) {
    if (part.body.sizeBytes < MIN_PART_BYTES) {
      throw new OssError('EntityTooSmall', {
        details: {
          ProposedSize: part.body.sizeBytes,
          MinSizeAllowed: MIN_PART_BYTES,
          PartNumber: part.number,
          ETag: part.etag,
        },
      });
    }
  }
}

function multipartEtag(parts: readonly UploadedPart[]): string {
  const hash = createHash('md5');
  for (const part of parts) hash.update(Buffer.from(part.etag, 'hex'));
  return `${hash.digest('hex').toUpperCase()}-${parts.length}`;
}

function combinedCrc64(parts: readonly UploadedPart[]): bigint | undefined {
  let crc64: bigint | undefined;
  for (const [index, part] of parts.entries()) {
    if (part.crc64 === undefined) return undefined;
    crc64 = index === 0 ? part.crc64 : combineCrc64(crc64!, part.crc64, part.body.sizeBytes);
  }
  return crc64;
}

/** CompleteMultipartUpload. */
export const completeMultipartUpload: Operation = {
  name: 'CompleteMultipartUpload',
  access: 'write',
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const encoding = readKeyEncoding(context.request.target.query);
    const upload = requestedUpload(context);
    const parts = await requestedParts(context, upload);
    if (bucket.uploads.get(upload.id) !== upload) {
      throw new OssError('NoSuchUpload', { details: { UploadId: upload.id } });
    }
    if (parts.length === 0) throw new OssError('InvalidPart', { details: { UploadId: upload.id } });
    if (upload.encryption) assertEncryptedComplete(upload.encryption, parts.length);
    assertPartSizes(parts);
    assertOverwriteAllowed(context, bucket, key);

    const etag = multipartEtag(parts);
    const crc64 = combinedCrc64(parts);
    const body = new StoredBody(parts.flatMap((part) => part.body.share().segments));
    context.catalog.dropUpload(bucket, upload);
    await context.catalog.putObject(bucket, {
      key,
      body,
      etag,
      crc64,
      metadata: upload.metadata,
      lastModified: context.request.receivedAt,
      type: 'Multipart',
    });
    return xmlResponse(
      'CompleteMultipartUploadResult',
      {
        EncodingType: encoding.name,
        Location: `${context.origin}/${bucket.name}/${encodeURIComponent(key)}`,
        Bucket: bucket.name,
        Key: encoding.format(key),
        ETag: `"${etag}"`,
      },
      { etag: `"${etag}"`, ...crc64Header(crc64) },
    );
  },
};

/** AbortMultipartUpload. */
export const abortMultipartUpload: Operation = {
  name: 'AbortMultipartUpload',
  access: 'write',
  async run(context) {
    context.catalog.dropUpload(requestedBucket(context), requestedUpload(context));
    return emptyResponse(204);
  },
};

/** ListParts; of a client-side encrypted upload also what it was started with, except `matdesc`. */
export const listParts: Operation = {
  name: 'ListParts',
  access: 'read',
  async run(context) {
    const { query } = context.request.target;
    const encoding = readKeyEncoding(query);
    const upload = requestedUpload(context);
    const limit = readCount(query, 'max-parts', { minimum: 1, maximum: 1000, fallback: 1000 });
    const marker = readCount(query, 'part-number-marker', {
      minimum: 0,
      maximum: MAX_PART_NUMBER,
      fallback: 0,
    });
    const rest = [...upload.parts.values()]
      .filter((part) => part.number > marker)
      .sort((a, b) => a.number - b.number);
    const page = rest.slice(0, limit);
    const { encryption } = upload;
    return xmlResponse('ListPartsResult', {
      EncodingType: encoding.name,
      Bucket: requestedBucket(context).name,
      Key: encoding.format(upload.key),
      UploadId: upload.id,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.number ?? marker,
      MaxParts: limit,
      IsTruncated: rest.length > page.length,
      StorageClass: 'Standard',
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

/** ListMultipartUploads. */
export const listMultipartUploads: Operation = {
  name: 'ListMultipartUploads',
  access: 'read',
  async run(context) {
    const bucket = requestedBucket(context);
    const { query } = context.request.target;
    const encoding = readKeyEncoding(query);
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const keyMarker = query.get('key-marker') ?? '';
    const idMarker = query.get('upload-id-marker') ?? '';
    const limit = readCount(query, 'max-uploads', { minimum: 1, maximum: 1000, fallback: 1000 });
    const sorted = [...bucket.uploads.values()].sort(
      (a, b) => compareKeys(a.key, b.key) || compareKeys(a.id, b.id),
    );
    const page = pageKeys(sorted, {
      prefix,
      delimiter,
      limit,
      isAfterMarker: (name, upload) => {
        if (keyMarker === '') return true;
        const order = compareKeys(name, keyMarker);
        if (order !== 0) return order > 0;
        return idMarker !== '' && upload !== undefined && upload.id > idMarker;
      },
    });
    const truncated = page.nextMarker !== undefined;
    return xmlResponse('ListMultipartUploadsResult', {
      EncodingType: encoding.name,
      Bucket: bucket.name,
      KeyMarker: encoding.format(keyMarker),
      UploadIdMarker: idMarker,
      NextKeyMarker: truncated ? encoding.format(page.nextMarker!) : '',
      NextUploadIdMarker:
        truncated && page.entries.at(-1)?.key === page.nextMarker ? page.entries.at(-1)?.id : '',
      Delimiter: encoding.format(delimiter),
      Prefix: encoding.format(prefix),
      MaxUploads: limit,
      IsTruncated: truncated,
      Upload: page.entries.map((upload) => ({
        Key: encoding.format(upload.key),
        UploadId: upload.id,
        StorageClass: 'Standard',
        Initiated: upload.initiatedAt,
      })),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: encoding.format(name) })),
    });
  },
};
