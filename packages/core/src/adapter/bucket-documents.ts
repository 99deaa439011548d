import type {
  BucketStatistics,
  ListedUpload,
  ListedVersion,
  ListPageRequest,
  ListPlace,
  OverwriteRule,
  ReplicationRule,
  RetentionPolicy,
  UploadPage,
  VersionPage,
} from '../contract/bucket-view.js';
import { compareUtf8 } from '../encoding/utf8-order.js';
import { childText, type XmlElement } from '../encoding/xml-element.js';
import { keyReader } from './answer-documents.js';
import {
  type DocumentAnswer,
  optional,
  required,
  resultElement,
  unexpected,
  wholeNumber,
} from './result-document.js';

// The documents of a bucket's settings, versions and uploads (OSS documentation, the pages of the operations).

/** A VersioningConfiguration, the answer of GetBucketVersioning. @throws as {@link resultElement} */
export function parseVersioning(answer: DocumentAnswer): 'Enabled' | 'Suspended' | undefined {
  const status = optional(resultElement(answer, 'VersioningConfiguration'), 'Status');
  if (status === undefined || status === 'Enabled' || status === 'Suspended') return status;
  throw unexpected('Status');
}

/** A WormConfiguration, the answer of GetBucketWorm. @throws as {@link resultElement} */
export function parseRetention(answer: DocumentAnswer): RetentionPolicy {
  const result = resultElement(answer, 'WormConfiguration');
  return { state: required(result, 'State'), days: wholeNumber(result, 'RetentionPeriodInDays') };
}

/** An OverwriteConfiguration, the answer of GetBucketOverwriteConfig. @throws as {@link resultElement} */
export function parseOverwriteRules(answer: DocumentAnswer): OverwriteRule[] {
  return named(resultElement(answer, 'OverwriteConfiguration'), 'Rule').map((rule) => ({
    prefix: childText(rule, 'Prefix') || undefined,
    suffix: childText(rule, 'Suffix') || undefined,
    principals: textsIn(rule, 'Principals', 'Principal'),
  }));
}

/** A ReplicationConfiguration, the answer of GetBucketReplication. @throws as {@link resultElement} */
export function parseReplicationRules(answer: DocumentAnswer): ReplicationRule[] {
  return named(resultElement(answer, 'ReplicationConfiguration'), 'Rule').map((rule) => ({
    targetBucket: textsIn(rule, 'Destination', 'Bucket')[0],
    prefixes: textsIn(rule, 'PrefixSet', 'Prefix').filter((prefix) => prefix !== ''),
  }));
}

/** A BucketStat, the answer of GetBucketStat. @throws as {@link resultElement} */
export function parseStatistics(answer: DocumentAnswer): BucketStatistics {
  const result = resultElement(answer, 'BucketStat');
  const seconds = Number(optional(result, 'LastModifiedTime') ?? 0);
  return {
    objectCount: wholeNumber(result, 'ObjectCount'),
    sizeBytes: wholeNumber(result, 'Storage'),
    countedAt: Number.isSafeInteger(seconds) && seconds > 0 ? new Date(seconds * 1000) : undefined,
  };
}

/** The query of ListObjectVersions. */
export function formatVersionsQuery(request: ListPageRequest): Record<string, string> {
  return pageQuery('versions', 'version-id-marker', 'max-keys', request);
}

/** The query of ListMultipartUploads. */
export function formatUploadsQuery(request: ListPageRequest): Record<string, string> {
  return pageQuery('uploads', 'upload-id-marker', 'max-uploads', request);
}

/**
 * A ListVersionsResult, the answer of ListObjectVersions.
 *
 * @param after - where the page was asked to begin
 * @throws as {@link resultElement}, also for a page that does not lead on
 */
export function parseVersionPage(answer: DocumentAnswer, after: ListPlace | undefined): VersionPage {
  const result = resultElement(answer, 'ListVersionsResult');
  const decoded = keyReader(result);
  const versions: ListedVersion[] = [];
  for (const element of result.children) {
    if (element.name !== 'Version' && element.name !== 'DeleteMarker') continue;
    const kind = element.name === 'Version' ? 'object' : 'delete-marker';
    versions.push({
      kind,
      key: decoded(element, 'Key'),
      versionId: required(element, 'VersionId'),
      isLatest: isTrue(element, 'IsLatest'),
      lastModified: instant(element, 'LastModified'),
      sizeBytes: kind === 'object' ? wholeNumber(element, 'Size') : 0,
    });
  }
  return { versions, next: nextPlace(result, 'NextVersionIdMarker', decoded, after) };
}

/**
 * A ListMultipartUploadsResult, the answer of ListMultipartUploads.
 *
 * @param after - where the page was asked to begin
 * @throws as {@link resultElement}, also for a page that does not lead on
 */
export function parseUploadPage(answer: DocumentAnswer, after: ListPlace | undefined): UploadPage {
  const result = resultElement(answer, 'ListMultipartUploadsResult');
  const decoded = keyReader(result);
  const uploads = named(result, 'Upload').map(
    (element): ListedUpload => ({
      key: decoded(element, 'Key'),
      uploadId: required(element, 'UploadId'),
      initiatedAt: instant(element, 'Initiated'),
    }),
  );
  return { uploads, next: nextPlace(result, 'NextUploadIdMarker', decoded, after) };
}

function pageQuery(
  operation: string,
  idMarker: string,
  most: string,
  { prefix, after, maxEntries }: ListPageRequest,
): Record<string, string> {
  const query: Record<string, string> = { [operation]: '', 'encoding-type': 'url' };
  if (prefix !== undefined) query.prefix = prefix;
  if (after !== undefined) query['key-marker'] = after.key;
  if (after?.id !== undefined) query[idMarker] = after.id;
  if (maxEntries !== undefined) query[most] = String(maxEntries);
  return query;
}

/** Where a list goes on. It must be behind where the page began, or the list would never end. */
function nextPlace(
  result: XmlElement,
  idMarker: string,
  decoded: ReturnType<typeof keyReader>,
  after: ListPlace | undefined,
): ListPlace | undefined {
  if (!isTrue(result, 'IsTruncated')) return undefined;
  const next: ListPlace = { key: decoded(result, 'NextKeyMarker'), id: optional(result, idMarker) };
  const order = after === undefined ? 1 : compareUtf8(next.key, after.key);
  if (order < 0 || (order === 0 && next.id === after?.id)) throw unexpected('NextKeyMarker');
  return next;
}

function named({ children }: XmlElement, name: string): XmlElement[] {
  return children.filter((child) => child.name === name);
}

function textsIn(element: XmlElement, group: string, name: string): string[] {
  return named(element, group).flatMap((child) => named(child, name).map(({ text }) => text));
}

function isTrue(element: XmlElement, name: string): boolean {
  return childText(element, name)?.trim() === 'true';
}

function instant(element: XmlElement, name: string): Date | undefined {
  const time = new Date(optional(element, name) ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}
