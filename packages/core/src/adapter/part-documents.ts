import type { StoredPart } from '../contract/object-transport.js';
import { childText, escapeXml, type XmlElement } from '../encoding/xml-element.js';
import { maxParts } from './oss-limits.js';
import {
  type DocumentAnswer,
  optional,
  required,
  resultElement,
  unexpected,
  wholeNumber,
} from './result-document.js';

// The documents of multipart uploads (OSS documentation, the pages of the operations).

/** One page of an upload's parts. */
export interface PartPage {
  readonly parts: readonly StoredPart[];
  /** The part number to go on after; undefined at the end. */
  readonly nextMarker: number | undefined;
}

/** The upload id of an InitiateMultipartUploadResult. @throws as {@link resultElement} */
export function parseUploadId(answer: DocumentAnswer): string {
  return required(resultElement(answer, 'InitiateMultipartUploadResult'), 'UploadId');
}

function parsePart(element: XmlElement): StoredPart {
  const crc64 = optional(element, 'HashCrc64ecma');
  return {
    partNumber: wholeNumber(element, 'PartNumber'),
    etag: required(element, 'ETag'),
    sizeBytes: wholeNumber(element, 'Size'),
    ...(crc64 !== undefined && /^\d{1,20}$/.test(crc64) && { crc64 }),
  };
}

/**
 * A ListPartsResult.
 *
 * @param marker - the part number that the page was asked for after; part numbers go up from there
 * @throws as {@link resultElement}, also for a page that does not lead on
 */
export function parsePartPage(answer: DocumentAnswer, marker: number): PartPage {
  const result = resultElement(answer, 'ListPartsResult');
  const parts = result.children.filter(({ name }) => name === 'Part').map(parsePart);
  if (childText(result, 'IsTruncated')?.trim() !== 'true') return { parts, nextMarker: undefined };
  const nextMarker = wholeNumber(result, 'NextPartNumberMarker');
  if (nextMarker <= marker || nextMarker > maxParts) throw unexpected('NextPartNumberMarker');
  return { parts, nextMarker };
}

/** The document that finishes an upload: its parts by ascending number, each with the ETag that OSS gave. */
export function formatPartList(parts: readonly Pick<StoredPart, 'partNumber' | 'etag'>[]): string {
  const rows = parts.map(
    ({ partNumber, etag }) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${rows.join('')}</CompleteMultipartUpload>`;
}
