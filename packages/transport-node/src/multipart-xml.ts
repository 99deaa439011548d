import { type StoredPart, TransportError } from '@oss-envelope/core';
import { parseCrc64 } from '@oss-envelope/crc64';
import * as z from 'zod/mini';

const wholeNumber = z.pipe(z.string().check(z.trim(), z.regex(/^\d{1,15}$/)), z.transform(Number));
const text = z.string().check(z.trim(), z.minLength(1));

const uploadSchema = z.object({ UploadId: text });

const partSchema = z.pipe(
  z.object({
    PartNumber: wholeNumber,
    ETag: text,
    Size: wholeNumber,
    HashCrc64ecma: z.optional(z.string().check(z.trim())),
  }),
  z.transform(
    ({ PartNumber, ETag, Size, HashCrc64ecma }): StoredPart => ({
      partNumber: PartNumber,
      etag: ETag,
      sizeBytes: Size,
      ...(HashCrc64ecma !== undefined && parseCrc64(HashCrc64ecma) !== undefined && { crc64: HashCrc64ecma }),
    }),
  ),
);

/** xml2js gives one element as an object, several as an array, and none as nothing. */
const partsSchema = z.object({
  Part: z._default(
    z.union([
      z.array(partSchema),
      z.pipe(
        partSchema,
        z.transform((part): StoredPart[] => [part]),
      ),
    ]),
    [],
  ),
  IsTruncated: z.optional(z.string().check(z.trim())),
  NextPartNumberMarker: z.optional(wholeNumber),
});

/** A page of an upload's parts. */
export interface PartsPage {
  readonly parts: readonly StoredPart[];
  /** The part number that the next page begins after; undefined for the last page. */
  readonly nextMarker: number | undefined;
}

/** @throws TransportError when the answer names no upload */
export function parseUploadId(answer: unknown): string {
  const parsed = uploadSchema.safeParse(answer);
  if (!parsed.success) throw notOfTheProtocol('InitiateMultipartUpload');
  return parsed.data.UploadId;
}

/**
 * @param marker the part number that this page was to begin after
 * @throws TransportError when the answer is no page of parts, or would lead back
 */
export function parsePartsPage(answer: unknown, marker: number): PartsPage {
  const parsed = partsSchema.safeParse(answer);
  if (!parsed.success) throw notOfTheProtocol('ListParts');
  const { Part, IsTruncated, NextPartNumberMarker } = parsed.data;
  if (IsTruncated !== 'true') return { parts: Part, nextMarker: undefined };
  if (NextPartNumberMarker === undefined || NextPartNumberMarker <= marker)
    throw notOfTheProtocol('ListParts');
  return { parts: Part, nextMarker: NextPartNumberMarker };
}

/** The body of CompleteMultipartUpload (OSS documentation): parts in ascending order. */
export function formatCompletion(parts: readonly Pick<StoredPart, 'partNumber' | 'etag'>[]): string {
  const items = parts.map(
    ({ partNumber, etag }) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escapeText(etag)}</ETag></Part>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?><CompleteMultipartUpload>${items.join('')}</CompleteMultipartUpload>`;
}

function escapeText(value: string): string {
  return value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function notOfTheProtocol(operation: string): TransportError {
  return new TransportError(`The answer to ${operation} is not what OSS answers. Check the endpoint.`, {
    retryable: false,
  });
}
