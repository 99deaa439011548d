import type {
  Headers,
  ListedObject,
  ListObjectsRequest,
  ObjectAcl,
  ObjectPage,
  ObjectTags,
  StoredPart,
} from '../contract/object-transport.js';
import { childText, escapeXml, parseXml, type XmlElement } from '../encoding/xml-element.js';
import { TransportError } from '../errors/errors.js';
import { maxParts } from './oss-limits.js';
import { refusalOf } from './refusal.js';

// The documents of multipart uploads, copies, lists, ACLs and tags (OSS documentation, the pages of the operations).

/** An answer of 2xx with its body as text. */
export interface DocumentAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly document: string;
}

/** One page of an upload's parts. */
export interface PartPage {
  readonly parts: readonly StoredPart[];
  /** The part number to go on after; undefined at the end. */
  readonly nextMarker: number | undefined;
}

/** The error of a document that is not the named one, or lacks what that has. */
function unexpected(name: string): TransportError {
  return new TransportError(
    `The answer is not the ${name} that OSS gives. Check the endpoint, and whether a proxy or a login page answers for it.`,
    { retryable: false },
  );
}

/**
 * The root of a document that must be the named one.
 *
 * @throws ServiceError when the document is an error, whatever the status
 * @throws TransportError when it is another document, or none
 */
export function resultElement(answer: DocumentAnswer, name: string): XmlElement {
  const root = parseXml(answer.document);
  if (root?.name === 'Error') throw refusalOf(answer).error;
  if (root?.name !== name) throw unexpected(name);
  return root;
}

/** A text that must be there; without blanks around it. */
function required(element: XmlElement, name: string): string {
  const text = childText(element, name)?.trim();
  if (!text) throw unexpected(name);
  return text;
}

function wholeNumber(element: XmlElement, name: string): number {
  const text = required(element, name);
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw unexpected(name);
  return value;
}

function optional(element: XmlElement, name: string): string | undefined {
  return childText(element, name)?.trim() || undefined;
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

const objectAcls: readonly string[] = [
  'default',
  'private',
  'public-read',
  'public-read-write',
] satisfies ObjectAcl[];

/** The grant of an AccessControlPolicy, the answer of GetObjectACL. @throws as {@link resultElement} */
export function parseObjectAcl(answer: DocumentAnswer): ObjectAcl {
  const result = resultElement(answer, 'AccessControlPolicy');
  const list = result.children.find(({ name }) => name === 'AccessControlList');
  if (list === undefined) throw unexpected('AccessControlList');
  const grant = required(list, 'Grant');
  if (!objectAcls.includes(grant)) throw unexpected('Grant');
  return grant as ObjectAcl;
}

/** A Tagging document, the answer of GetObjectTagging. @throws as {@link resultElement} */
export function parseObjectTags(answer: DocumentAnswer): ObjectTags {
  const result = resultElement(answer, 'Tagging');
  const set = result.children.find(({ name }) => name === 'TagSet');
  if (set === undefined) throw unexpected('TagSet');
  return Object.fromEntries(
    set.children
      .filter(({ name }) => name === 'Tag')
      .map((tag) => {
        const key = childText(tag, 'Key');
        if (!key) throw unexpected('Key');
        return [key, childText(tag, 'Value') ?? ''];
      }),
  );
}

/** The query of ListObjectsV2. Keys come back percent-encoded, since XML cannot hold every character of a key. */
export function formatListQuery(
  request: Omit<ListObjectsRequest, 'headers' | 'signal'>,
): Record<string, string> {
  const { prefix, delimiter, startAfter, continuationToken, maxKeys } = request;
  const query = {
    'list-type': '2',
    'encoding-type': 'url',
    prefix,
    delimiter,
    'start-after': startAfter,
    'continuation-token': continuationToken,
    'max-keys': maxKeys?.toString(),
  };
  return Object.fromEntries(
    Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/**
 * Reads keys of a result, and where it goes on: it says whether they are encoded. Each must be there. The encoding is that
 * of forms, as the SDKs of OSS for Go and Java take it: a plus sign is a space, and `%2B` a plus sign.
 */
export function keyReader(result: XmlElement): (element: XmlElement, name: string) => string {
  const isEncoded = childText(result, 'EncodingType')?.trim() === 'url';
  return (element, name) => {
    const text = childText(element, name);
    if (!text) throw unexpected(name);
    try {
      return isEncoded ? decodeURIComponent(text.replaceAll('+', ' ')) : text;
    } catch {
      throw unexpected(name);
    }
  };
}

/** A ListBucketResult, the answer of ListObjectsV2. @throws as {@link resultElement} */
export function parseObjectPage(answer: DocumentAnswer): ObjectPage {
  const result = resultElement(answer, 'ListBucketResult');
  const decoded = keyReader(result);
  const parseObject = (element: XmlElement): ListedObject => {
    const lastModified = new Date(optional(element, 'LastModified') ?? '');
    return {
      key: decoded(element, 'Key'),
      sizeBytes: wholeNumber(element, 'Size'),
      etag: required(element, 'ETag'),
      lastModified: Number.isNaN(lastModified.getTime()) ? undefined : lastModified,
      storageClass: optional(element, 'StorageClass'),
    };
  };
  const named = (name: string): XmlElement[] => result.children.filter((child) => child.name === name);
  return {
    objects: named('Contents').map(parseObject),
    commonPrefixes: named('CommonPrefixes').map((element) => decoded(element, 'Prefix')),
    nextContinuationToken:
      childText(result, 'IsTruncated')?.trim() === 'true'
        ? decoded(result, 'NextContinuationToken')
        : undefined,
  };
}
