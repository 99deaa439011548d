import { crc64Header } from '../../http/crc64-header.js';
import { emptyResponse } from '../../http/oss-response.js';
import { readObjectMetadata } from '../../storage/object-metadata.js';
import { StoredBody } from '../../storage/stored-body.js';
import { attributeHeaders, encryptionHeaders, readAttributes } from '../attribute-headers.js';
import { assertEncryptedPut, readEncryptionHeaders } from '../encryption-header-rules.js';
import { type Operation, requestedBucket, requestedKey, versionHeader } from '../operation.js';
import { assertOverwriteAllowed, assertReplaceable, forbidOverwriteHeader } from '../overwriting.js';
import { contentEtag, receiveContent } from '../received-content.js';
import { assertUnconditional } from '../request-vocabulary.js';
import { callbackHeaders, callbackParameters, performCallback, readCallback } from '../upload-callback.js';

/** PutObject. */
export const putObject: Operation = {
  name: 'PutObject',
  access: 'write',
  parameters: callbackParameters,
  headers: [forbidOverwriteHeader, ...attributeHeaders, ...callbackHeaders],
  async run(context) {
    const bucket = requestedBucket(context);
    const key = requestedKey(context);
    const { headers, receivedAt } = context.request;
    assertUnconditional(headers);
    const metadata = readObjectMetadata(headers);
    const attributes = readAttributes(headers, bucket.storageClass);
    const callback = readCallback(context.request);
    const encryption = readEncryptionHeaders(metadata);
    if (encryption) assertEncryptedPut(encryption);
    assertOverwriteAllowed(context, bucket, key);
    assertReplaceable(context, bucket, key);

    const { segment, sums } = await receiveContent(context);
    const body = new StoredBody([segment]);
    const etag = contentEtag(sums);
    const contentMd5 = sums.md5?.toString('base64');
    try {
      assertOverwriteAllowed(context, bucket, key);
      assertReplaceable(context, bucket, key);
    } catch (error) {
      body.release();
      throw error;
    }
    const stored = await context.catalog.putObject(bucket, {
      key,
      body,
      etag,
      crc64: sums.crc64,
      contentMd5,
      metadata,
      attributes,
      lastModified: receivedAt,
      type: 'Normal',
      symlinkTarget: undefined,
      restoration: undefined,
    });
    const answer = emptyResponse(200, {
      etag: `"${etag}"`,
      ...crc64Header(sums.crc64),
      ...(contentMd5 === undefined ? {} : { 'content-md5': contentMd5 }),
      ...encryptionHeaders(attributes),
      ...versionHeader(bucket, stored.versionId),
    });
    return callback ? performCallback(callback, context, stored, answer) : answer;
  },
};
