import { crc64Header } from '../../http/crc64-header.js';
import { invalidArgument } from '../../http/oss-error.js';
import { xmlResponse } from '../../http/oss-response.js';
import {
  type ObjectMetadata,
  readObjectMetadata,
  userMetadataPrefix,
} from '../../storage/object-metadata.js';
import { attributeHeaders, encryptionHeaders, readAttributes } from '../attribute-headers.js';
import { keepEnvelope } from '../encryption-header-rules.js';
import {
  type Operation,
  type OperationContext,
  requestedBucket,
  requestedKey,
  versionHeader,
} from '../operation.js';
import { assertOverwriteAllowed, assertReplaceable, forbidOverwriteHeader } from '../overwriting.js';
import { copySourceHeaders, copySourceParameters, findCopySource } from './copy-source.js';

const metadataDirective = 'x-oss-metadata-directive';
const taggingDirective = 'x-oss-tagging-directive';

/** A directive, which SDKs write in any case. */
function readDirective(context: OperationContext, name: string): 'copy' | 'replace' {
  const value = context.request.headers[name] ?? 'COPY';
  const directive = value.toLowerCase();
  if (directive === 'copy' || directive === 'replace') return directive;
  throw invalidArgument(name, value, `${name} must be COPY or REPLACE.`);
}

/** Metadata of the request. Without a Content-Type the source's stays. */
function replacedMetadata(headers: Readonly<Record<string, string>>, source: ObjectMetadata): ObjectMetadata {
  const metadata = readObjectMetadata(headers);
  const contentType = headers['content-type'] || source.contentHeaders['content-type'];
  if (contentType === undefined) return metadata;
  return { ...metadata, contentHeaders: { ...metadata.contentHeaders, 'content-type': contentType } };
}

/** CopyObject, with the metadata and tags of the source (`COPY`) or of the request (`REPLACE`). */
export const copyObject: Operation = {
  name: 'CopyObject',
  access: 'write',
  parameters: copySourceParameters,
  headers: [
    metadataDirective,
    taggingDirective,
    forbidOverwriteHeader,
    ...copySourceHeaders,
    ...attributeHeaders,
  ],
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const { headers, receivedAt: lastModified } = context.request;
    const source = findCopySource(context);
    const { object } = source;
    // Metadata of a copy onto itself counts whatever the directive says; page CopyObject.
    const isOntoItself = source.bucket === bucket && object.key === key;
    const isSame = isOntoItself && bucket.versioning === undefined;
    const replaces =
      readDirective(context, metadataDirective) === 'replace' ||
      (isSame && Object.keys(headers).some((name) => name.startsWith(userMetadataPrefix)));
    const replacesTags = readDirective(context, taggingDirective) === 'replace';
    const asked = readAttributes(headers, bucket.storageClass);
    const metadata = replaces
      ? keepEnvelope(object.metadata, replacedMetadata(headers, object.metadata), isOntoItself)
      : object.metadata;
    assertOverwriteAllowed(context, bucket, key);
    assertReplaceable(context, bucket, key);

    const attributes = replacesTags ? asked : { ...asked, tags: object.attributes.tags };
    const { etag, crc64, contentMd5, symlinkTarget } = object;
    const stored = await context.catalog.putObject(bucket, {
      key,
      body: object.body.share(),
      etag,
      crc64,
      contentMd5,
      metadata,
      attributes,
      lastModified,
      type: object.type === 'Appendable' ? 'Normal' : object.type,
      symlinkTarget,
      restoration: undefined,
    });
    return xmlResponse(
      'CopyObjectResult',
      { LastModified: lastModified, ETag: `"${etag}"` },
      {
        etag: `"${etag}"`,
        ...crc64Header(crc64),
        ...encryptionHeaders(attributes),
        ...source.headers,
        ...versionHeader(bucket, stored.versionId),
      },
    );
  },
};
