import { emptyResponse, xmlResponse } from '../../http/oss-response.js';
import { readObjectMetadata } from '../../storage/object-metadata.js';
import { compareKeys, type MultipartUpload } from '../../storage/stored-object.js';
import { assertEncryptedInitiate, readEncryptionHeaders } from '../encryption-header-rules.js';
import { pageKeys, readCount, readKeyEncoding } from '../list-parameters.js';
import { assertOverwriteAllowed } from '../objects/object-operations.js';
import { type Operation, type OperationContext, requestedBucket, requestedKey } from '../operation.js';

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

/** The upload that the request names. @throws {OssError} `NoSuchBucket`, `NoSuchUpload`. */
export function requestedUpload(context: OperationContext): MultipartUpload {
  const id = context.request.target.query.get('uploadId') ?? '';
  return context.catalog.upload(requestedBucket(context), requestedKey(context), id);
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
