import { crc64Header } from '../../http/crc64-header.js';
import { OssError } from '../../http/oss-error.js';
import { xmlResponse } from '../../http/oss-response.js';
import { readObjectMetadata } from '../../storage/object-metadata.js';
import { assertMetadataReplaceable } from '../encryption-header-rules.js';
import { type Operation, requestedBucket, requestedKey } from '../operation.js';
import { findCopySource } from './copy-source.js';
import { assertOverwriteAllowed } from './object-operations.js';

/** CopyObject, with the metadata of the source (`COPY`) or of the request (`REPLACE`). */
export const copyObject: Operation = {
  name: 'CopyObject',
  access: 'write',
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const source = findCopySource(context);
    const directive = context.request.headers['x-oss-metadata-directive'] ?? 'COPY';
    if (directive !== 'COPY' && directive !== 'REPLACE') {
      throw new OssError('InvalidArgument', {
        message: 'x-oss-metadata-directive must be COPY or REPLACE.',
        details: { ArgumentName: 'x-oss-metadata-directive', ArgumentValue: directive },
      });
    }
    if (directive === 'REPLACE') assertMetadataReplaceable(source.metadata);
    assertOverwriteAllowed(context, bucket, key);

    const metadata = directive === 'COPY' ? source.metadata : readObjectMetadata(context.request.headers);
    const lastModified = context.request.receivedAt;
    const { etag, crc64 } = source;
    await context.catalog.putObject(bucket, {
      key,
      body: source.body.share(),
      etag,
      crc64,
      metadata,
      lastModified,
      type: source.type === 'Appendable' ? 'Normal' : source.type,
    });
    return xmlResponse(
      'CopyObjectResult',
      { LastModified: lastModified, ETag: `"${etag}"` },
      { etag: `"${etag}"`, ...crc64Header(crc64) },
    );
  },
};
