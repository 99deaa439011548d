import { OssError } from '../../http/oss-error.js';
import { emptyResponse, xmlResponse } from '../../http/oss-response.js';
import { compareKeys } from '../../storage/key-order.js';
import { readObjectMetadata } from '../../storage/object-metadata.js';
import type { MultipartUpload } from '../../storage/stored-object.js';
import { attributeHeaders, encryptionHeaders, readAttributes } from '../attribute-headers.js';
import { assertEncryptedInitiate, readEncryptionHeaders } from '../encryption-header-rules.js';
import { orderedEntries, pageKeys, readCount, readKeyEncoding, readText } from '../list-parameters.js';
import { type Operation, type OperationContext, requestedBucket, requestedKey } from '../operation.js';
import { assertOverwriteAllowed, forbidOverwriteHeader } from '../overwriting.js';
import { assertUnconditional } from '../request-vocabulary.js';

/** The header of CompleteMultipartUpload that takes every part there is. */
export const completeAllHeader = 'x-oss-complete-all';

/** InitiateMultipartUpload. */
export const initiateMultipartUpload: Operation = {
  name: 'InitiateMultipartUpload',
  access: 'write',
  parameters: ['encoding-type'],
  headers: [forbidOverwriteHeader, ...attributeHeaders],
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const { headers, target, receivedAt } = context.request;
    assertUnconditional(headers);
    const metadata = readObjectMetadata(headers);
    const attributes = readAttributes(headers, bucket.storageClass);
    const encryption = readEncryptionHeaders(metadata);
    if (encryption) assertEncryptedInitiate(encryption);
    assertOverwriteAllowed(context, bucket, key);
    const encoding = readKeyEncoding(target.query);
    const upload = context.catalog.startUpload(bucket, {
      key,
      metadata,
      attributes,
      initiatedAt: receivedAt,
    });
    return xmlResponse(
      'InitiateMultipartUploadResult',
      {
        EncodingType: encoding.name,
        Bucket: bucket.name,
        Key: encoding.format(key),
        UploadId: upload.id,
      },
      encryptionHeaders(attributes),
    );
  },
};

/**
 * The upload that the request names.
 * @param missing The row of the error: its EC depends on the operation.
 * @throws {OssError} `NoSuchBucket`, `NoSuchUpload`.
 */
export function requestedUpload(
  context: OperationContext,
  missing: 'NoSuchUpload' | 'NoSuchUploadForPart' | 'NoSuchUploadForPartCopy' = 'NoSuchUpload',
): MultipartUpload {
  const id = context.request.target.query.get('uploadId') ?? '';
  const upload = context.catalog.findUpload(requestedBucket(context), requestedKey(context), id);
  if (!upload) throw new OssError(missing, { details: { UploadId: id } });
  return upload;
}

/** AbortMultipartUpload. */
export const abortMultipartUpload: Operation = {
  name: 'AbortMultipartUpload',
  access: 'write',
  async run(context) {
    context.catalog.dropUpload(requestedBucket(context), requestedUpload(context));
    return emptyResponse(204);
  },
};

/** ListMultipartUploads. */
export const listMultipartUploads: Operation = {
  name: 'ListMultipartUploads',
  access: 'owner',
  parameters: ['prefix', 'delimiter', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
  async run(context) {
    const bucket = requestedBucket(context);
    const { query } = context.request.target;
    const encoding = readKeyEncoding(query);
    const prefix = readText(query, 'prefix');
    const delimiter = readText(query, 'delimiter');
    const keyMarker = readText(query, 'key-marker');
    const idMarker = readText(query, 'upload-id-marker');
    const limit = readCount(query, 'max-uploads', { minimum: 1, maximum: 1000, fallback: 1000 });
    const sorted = [...bucket.uploads.values()].sort(
      (a, b) => compareKeys(a.key, b.key) || compareKeys(a.id, b.id),
    );
    const page = pageKeys(orderedEntries(sorted), {
      prefix,
      delimiter,
      limit,
      marker: keyMarker,
      isBehindMarker: ({ id }) => idMarker !== '' && id > idMarker,
    });
    const last = page.entries.at(-1);
    return xmlResponse('ListMultipartUploadsResult', {
      EncodingType: encoding.name,
      Bucket: bucket.name,
      KeyMarker: encoding.format(keyMarker),
      UploadIdMarker: idMarker,
      NextKeyMarker: encoding.format(page.lastName),
      NextUploadIdMarker: last?.key === page.lastName ? last.id : '',
      Delimiter: encoding.format(delimiter),
      Prefix: encoding.format(prefix),
      MaxUploads: limit,
      IsTruncated: page.nextMarker !== undefined,
      Upload: page.entries.map((upload) => ({
        Key: encoding.format(upload.key),
        UploadId: upload.id,
        StorageClass: upload.attributes.storageClass,
        Initiated: upload.initiatedAt,
      })),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: encoding.format(name) })),
    });
  },
};
