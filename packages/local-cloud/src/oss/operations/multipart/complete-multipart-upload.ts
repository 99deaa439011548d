import { createHash } from 'node:crypto';
import { z } from 'zod';
import { crc64Header } from '../../http/crc64-header.js';
import { invalidArgument, OssError } from '../../http/oss-error.js';
import { xmlResponse } from '../../http/oss-response.js';
import { combineCrc64 } from '../../storage/crc64.js';
import type { ObjectAttributes } from '../../storage/object-attributes.js';
import { StoredBody } from '../../storage/stored-body.js';
import type { MultipartUpload, UploadedPart } from '../../storage/stored-object.js';
import {
  assertNoServerSideEncryption,
  encryptionHeaders,
  objectAclHeader,
  parseObjectAcl,
  serverSideEncryptionHeaders,
  taggingHeader,
} from '../attribute-headers.js';
import { assertEncryptedComplete, readEncryptionHeaders } from '../encryption-header-rules.js';
import { readKeyEncoding } from '../list-parameters.js';
import {
  type Operation,
  type OperationContext,
  requestedBucket,
  requestedKey,
  versionHeader,
} from '../operation.js';
import { assertOverwriteAllowed, assertReplaceable, forbidOverwriteHeader } from '../overwriting.js';
import { readXml, receiveText } from '../received-xml.js';
import { assertUnconditional } from '../request-vocabulary.js';
import { parseTaggingHeader } from '../tagging.js';
import { callbackHeaders, callbackParameters, performCallback, readCallback } from '../upload-callback.js';
import { completeAllHeader, requestedUpload } from './multipart-upload.js';

const maxParts = 10_000;
const minPartBytes = 100 * 1024;
const maxXmlBytes = 4 * 1024 * 1024;

const partList = z
  .array(z.object({ PartNumber: z.string().regex(/^\s*\d{1,6}\s*$/), ETag: z.string() }))
  .max(maxParts);
const completeRequest = z.union([
  z.literal('').transform(() => ({ Part: [] })),
  z.object({ Part: partList }),
]);

function assertAscending(numbers: readonly number[]): void {
  for (let i = 1; i < numbers.length; i += 1) {
    if (numbers[i]! <= numbers[i - 1]!) throw new OssError('InvalidPartOrder', { ec: '0042-00000209' });
  }
}

async function requestedParts(context: OperationContext, upload: MultipartUpload): Promise<UploadedPart[]> {
  const text = await receiveText(context, maxXmlBytes);
  const all = context.request.headers[completeAllHeader];
  if (all !== undefined) {
    if (all !== 'yes') throw invalidArgument(completeAllHeader, all, `${completeAllHeader} must be yes.`);
    if (text.trim() !== '') {
      throw new OssError('InvalidArgument', {
        ec: '0042-00000216',
        // As OSS spells it.
        message: 'Should not speficy both complete all header and http body.',
      });
    }
    if (upload.parts.size === 0) throw new OssError('InvalidPart', { details: { UploadId: upload.id } });
    return [...upload.parts.values()].sort((a, b) => a.number - b.number);
  }
  // OSS makes an empty object of a list without parts; Go's uploader relies on it for an empty stream.
  const asked = readXml(text, 'CompleteMultipartUpload', completeRequest);
  const listed = asked.Part.map(({ PartNumber, ETag }) => ({
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
    if (part.body.sizeBytes < minPartBytes) {
      throw new OssError('EntityTooSmall', {
        details: {
          ProposedSize: part.body.sizeBytes,
          MinSizeAllowed: minPartBytes,
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
  let crc64: bigint | undefined = parts.length === 0 ? 0n : undefined;
  for (const [index, part] of parts.entries()) {
    if (part.crc64 === undefined) return undefined;
    crc64 = index === 0 ? part.crc64 : combineCrc64(crc64!, part.crc64, part.body.sizeBytes);
  }
  return crc64;
}

/**
 * The attributes of the whole object: the ACL may come now. Tags only repeat those that the upload was started with,
 * as ali-oss sends them.
 */
function completedAttributes(context: OperationContext, upload: MultipartUpload): ObjectAttributes {
  const { [objectAclHeader]: acl, [taggingHeader]: tagging } = context.request.headers;
  const tags = JSON.stringify([...upload.attributes.tags]);
  if (tagging !== undefined && JSON.stringify([...parseTaggingHeader(tagging)]) !== tags) {
    throw new OssError('NotImplemented', {
      message: `${taggingHeader} belongs to InitiateMultipartUpload.`,
      details: { Resource: taggingHeader },
    });
  }
  return { ...upload.attributes, acl: acl === undefined ? upload.attributes.acl : parseObjectAcl(acl) };
}

/** CompleteMultipartUpload. */
export const completeMultipartUpload: Operation = {
  name: 'CompleteMultipartUpload',
  access: 'write',
  parameters: ['encoding-type', ...callbackParameters],
  headers: [
    completeAllHeader,
    forbidOverwriteHeader,
    objectAclHeader,
    taggingHeader,
    ...callbackHeaders,
    ...serverSideEncryptionHeaders,
  ],
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const encoding = readKeyEncoding(context.request.target.query);
    const upload = requestedUpload(context);
    assertUnconditional(context.request.headers);
    assertNoServerSideEncryption(context.request.headers);
    const attributes = completedAttributes(context, upload);
    const callback = readCallback(context.request);
    const parts = await requestedParts(context, upload);
    if (bucket.uploads.get(upload.id) !== upload) {
      throw new OssError('NoSuchUpload', { details: { UploadId: upload.id } });
    }
    const encryption = readEncryptionHeaders(upload.metadata);
    if (encryption) assertEncryptedComplete(encryption, parts.length);
    assertPartSizes(parts);
    assertOverwriteAllowed(context, bucket, key);
    assertReplaceable(context, bucket, key);

    const etag = multipartEtag(parts);
    const crc64 = combinedCrc64(parts);
    const body = new StoredBody(parts.flatMap((part) => part.body.share().segments));
    context.catalog.dropUpload(bucket, upload);
    const stored = await context.catalog.putObject(bucket, {
      key,
      body,
      etag,
      crc64,
      contentMd5: undefined,
      metadata: upload.metadata,
      attributes,
      lastModified: context.request.receivedAt,
      type: 'Multipart',
      symlinkTarget: undefined,
      restoration: undefined,
    });
    const answer = xmlResponse(
      'CompleteMultipartUploadResult',
      {
        EncodingType: encoding.name,
        Location: `${context.origin}/${bucket.name}/${encodeURIComponent(key)}`,
        Bucket: bucket.name,
        Key: encoding.format(key),
        ETag: `"${etag}"`,
      },
      {
        etag: `"${etag}"`,
        ...crc64Header(crc64),
        ...encryptionHeaders(attributes),
        ...versionHeader(bucket, stored.versionId),
      },
    );
    return callback ? performCallback(callback, context, stored, answer) : answer;
  },
};
