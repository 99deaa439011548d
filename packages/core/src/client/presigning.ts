import { assertObjectKey } from '../adapter/object-key.js';
import { maxPresignSeconds } from '../adapter/oss-limits.js';
import { headersForRequest } from '../adapter/request-headers.js';
import type { ObjectTransport, PresignedUrl } from '../contract/object-transport.js';
import { formatEnvelope, withContentSize } from '../envelope/envelope.js';
import { assertMetadataSize } from '../envelope/user-metadata.js';
import { CapabilityMissingError } from '../errors/errors.js';
import type { WritingContext } from '../writing/writing-context.js';
import { callHeaders } from './call-headers.js';
import { objectHeaders } from './object-headers.js';
import { integer, type OptionChecks, parseArgument } from './option-parsing.js';
import type { PresignGetOptions, PresignPutOptions } from './option-types.js';
import { PresignedUpload } from './presigned-upload.js';
import { uploadOptionsSchema } from './put-option-checks.js';
import { deleteOptionsSchema } from './read-option-checks.js';

const expiresSeconds = integer(
  1,
  maxPresignSeconds,
  `must be from 1 to ${maxPresignSeconds} (a week), the most that OSS allows`,
);

const presignGetOptionsSchema: OptionChecks<PresignGetOptions> = { ...deleteOptionsSchema, expiresSeconds };

const { contentMd5, contentType, forbidOverwrite, headers, metadata, signal, sizeBytes } =
  uploadOptionsSchema;
const presignPutOptionsSchema: OptionChecks<PresignPutOptions> = {
  contentMd5,
  contentType,
  forbidOverwrite,
  headers,
  metadata,
  signal,
  sizeBytes,
  expiresSeconds,
};

/** A URL that gives what is stored. @throws as `EncryptedBucket.presignGet` */
export async function presignGet(
  transport: Pick<ObjectTransport, 'presign'>,
  key: string,
  options: PresignGetOptions,
): Promise<PresignedUrl> {
  assertObjectKey(key);
  const { headers, ...checked } = parseArgument('options', options, presignGetOptionsSchema);
  return capability(transport)({ ...checked, method: 'GET', key, headers: callHeaders(headers) });
}

/** A URL that takes the stored form of one content. @throws as `EncryptedBucket.presignPut` */
export async function presignPut(
  { transport, keys, scheme }: WritingContext,
  key: string,
  options: PresignPutOptions,
): Promise<PresignedUpload> {
  assertObjectKey(key);
  const checked = parseArgument('options', options, presignPutOptionsSchema);
  const { signal, sizeBytes, expiresSeconds } = checked;
  const presign = capability(transport);
  const headers = headersForRequest('put', await objectHeaders(checked));
  const { envelope, contentKey } = await keys.create(
    { objectKey: key, signal },
    { contentMd5: checked.contentMd5 },
  );
  const whole = withContentSize(envelope, sizeBytes);
  const all = { ...headers, ...formatEnvelope(whole) };
  assertMetadataSize(all);
  const signed = await presign({ method: 'PUT', key, headers: all, expiresSeconds, signal });
  return new PresignedUpload(signed, { key, scheme, contentKey, sizeBytes, bucket: transport.bucketName });
}

function capability(transport: Pick<ObjectTransport, 'presign'>): NonNullable<ObjectTransport['presign']> {
  if (transport.presign !== undefined) return (request) => transport.presign!(request);
  throw new CapabilityMissingError(
    'presign',
    'This transport cannot sign URLs: it has no credentials of its own. Presign where the credentials are, by fetchTransport or aliOssTransport.',
  );
}
