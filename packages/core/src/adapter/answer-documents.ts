import { type StoredPart, TransportError } from '@oss-envelope/core';
import { childText, escapeXml, parseXml, type XmlElement } from './xml-element.js';

/** One page of an upload's parts. */
export interface PartPage {
  readonly parts: readonly StoredPart[];
  /** The part number to go on after; undefined at the end. */
  readonly nextMarker: number | undefined;
}

function unexpected(): TransportError {
  return new TransportError('OSS answered with a document that is not of this operation.', {
    retryable: false,
  });
}

function root(document: string, name: string): XmlElement {
  const element = parseXml(document);
  if (element.name !== name) throw unexpected();
  return element;
}

function wholeNumber(text: string | undefined): number {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw unexpected();
  return value;
}

/** The upload id of an InitiateMultipartUploadResult. @throws TransportError when there is none */
export function parseUploadId(document: string): string {
  const uploadId = childText(root(document, 'InitiateMultipartUploadResult'), 'UploadId');
  if (!uploadId) throw unexpected();
  return uploadId;
}

function parsePart(element: XmlElement): StoredPart {
  const etag = childText(element, 'ETag');
  const crc64 = childText(element, 'HashCrc64ecma');
  if (!etag) throw unexpected();
  return {
    partNumber: wholeNumber(childText(element, 'PartNumber')),
    etag,
    sizeBytes: wholeNumber(childText(element, 'Size')),
    ...(crc64 && { crc64 }),
  };
}

/**
 * A ListPartsResult.
 *
 * @param marker - the part number that the page was asked for after; part numbers go up from there
 * @throws TransportError when the document is not one, or does not lead on
 */
export function parsePartPage(document: string, marker: number): PartPage {
  const result = root(document, 'ListPartsResult');
  const parts = result.children.filter(({ name }) => name === 'Part').map(parsePart);
  if (childText(result, 'IsTruncated') !== 'true') return { parts, nextMarker: undefined };
  const nextMarker = wholeNumber(childText(result, 'NextPartNumberMarker'));
  if (nextMarker <= marker) throw unexpected();
  return { parts, nextMarker };
}

/** The document that finishes an upload: its parts by number, each with the ETag that OSS gave. */
export function formatPartList(parts: readonly Pick<StoredPart, 'partNumber' | 'etag'>[]): string {
  const rows = parts.map(
    ({ partNumber, etag }) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${rows.join('')}</CompleteMultipartUpload>`;
}
