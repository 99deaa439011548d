import type {
  ListedObject,
  ListObjectsRequest,
  ObjectAcl,
  ObjectPage,
  ObjectTags,
} from '../contract/object-transport.js';
import { childText, type XmlElement } from '../encoding/xml-element.js';
import {
  type DocumentAnswer,
  optional,
  required,
  resultElement,
  unexpected,
  wholeNumber,
} from './result-document.js';

// The documents of copies, lists, ACLs and tags (OSS documentation, the pages of the operations).

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
