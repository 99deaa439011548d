import { createHash } from 'node:crypto';
import { z } from 'zod';
import { crc64Header } from '../../http/crc64-header.js';
import { OssError } from '../../http/oss-error.js';
import { xmlResponse } from '../../http/oss-response.js';
import { parseXml } from '../../http/xml.js';
import { combineCrc64 } from '../../storage/crc64.js';
import { StoredBody } from '../../storage/stored-body.js';
import type { MultipartUpload, UploadedPart } from '../../storage/stored-object.js';
import { assertEncryptedComplete, readEncryptionHeaders } from '../encryption-header-rules.js';
import { readKeyEncoding } from '../list-parameters.js';
import { assertOverwriteAllowed } from '../objects/object-operations.js';
import { type Operation, type OperationContext, requestedBucket, requestedKey } from '../operation.js';
import { assertContentMd5, assertPayloadSha256 } from '../received-content.js';
import { requestedUpload } from './multipart-upload.js';

const MaxParts = 10_000;
const MinPartBytes = 100 * 1024;
const MaxXmlBytes = 4 * 1024 * 1024;

const completeRequest = z.object({
  Part: z
    .array(z.object({ PartNumber: z.string().regex(/^\s*\d{1,6}\s*$/), ETag: z.string() }))
    .min(1)
    .max(MaxParts),
});

function assertAscending(numbers: readonly number[]): void {
  for (let i = 1; i < numbers.length; i += 1) {
    if (numbers[i]! <= numbers[i - 1]!) throw new OssError('InvalidPartOrder');
  }
}

async function requestedParts(context: OperationContext, upload: MultipartUpload): Promise<UploadedPart[]> {
  const { text, bytes } = await context.request.body.text(MaxXmlBytes);
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
    if (part.body.sizeBytes < MinPartBytes) {
      throw new OssError('EntityTooSmall', {
        details: {
          ProposedSize: part.body.sizeBytes,
          MinSizeAllowed: MinPartBytes,
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
    const encryption = readEncryptionHeaders(upload.metadata);
    if (encryption) assertEncryptedComplete(encryption, parts.length);
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
