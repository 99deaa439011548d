import type { OssRequest } from '../http/oss-request.js';
import type { OssResponse } from '../http/oss-response.js';
import type { DigestChoice } from '../storage/content-digest.js';
import type { ObjectCatalog } from '../storage/object-catalog.js';
import type { SegmentStore } from '../storage/segment.js';
import type { Bucket, StoredObject } from '../storage/stored-object.js';

/** What an operation works with. */
export interface OperationContext {
  readonly request: OssRequest;
  readonly catalog: ObjectCatalog;
  readonly store: SegmentStore;
  /** Which sums the server takes of every body. */
  readonly digests: Pick<DigestChoice, 'md5' | 'crc64'>;
  /** Region without the `oss-` prefix. */
  readonly region: string;
  /** Origin of the server, for `Location` elements. */
  readonly origin: string;
  /** What `x-oss-content-sha256` claims about the body, if it is signed. */
  readonly payloadSha256: string | undefined;
  /** A fault: GetObject is to overlook Range. */
  readonly ignoreRange: boolean;
  /** How long an archived object takes to be restored, in milliseconds. */
  readonly restoreDelayMs: number;
  /** Fires when the server closes. */
  readonly closing: AbortSignal;
}

/**
 * What an operation does: an anonymous caller may read or write as the ACLs say, never do what an owner does, and always
 * what anyone may.
 */
type OperationAccess = 'read' | 'write' | 'owner' | 'anyone';

/** One OSS operation. A request with a parameter or an `x-oss-*` header that it does not list is not for it. */
export interface Operation {
  /** Its name in the OSS documentation. */
  readonly name: string;
  readonly access: OperationAccess;
  /** Query parameters that it understands, besides the one that selects it. */
  readonly parameters?: readonly string[];
  /** `x-oss-*` headers that it understands. */
  readonly headers?: readonly string[];
  /** Whether OSS looks who asks before it looks whether the bucket is there. */
  readonly authenticatesFirst?: true;
  /** @throws {OssError} For every refusal. */
  run(context: OperationContext): Promise<OssResponse>;
}

/** The bucket that the request names. @throws {OssError} `NoSuchBucket`. */
export function requestedBucket(context: OperationContext): Bucket {
  return context.catalog.bucket(context.request.target.bucket ?? '');
}

/** The key that the request names; routing sends only requests with a key here. */
export function requestedKey(context: OperationContext): string {
  return context.request.target.key ?? '';
}

/**
 * The object that the request names, or its version `versionId`.
 * @param markerError The error for a version that is a delete marker.
 * @throws {OssError} `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`, or `markerError`.
 */
export function requestedObject(
  context: OperationContext,
  markerError: 'NoSuchKey' | 'MethodNotAllowed' = 'NoSuchKey',
): StoredObject {
  const versionId = context.request.target.query.get('versionId');
  return context.catalog.object(requestedBucket(context), requestedKey(context), versionId, markerError);
}

/** The header that names a version, in the answers of buckets that have versions. */
export function versionHeader(bucket: Bucket, versionId: string): Record<string, string> {
  return bucket.versioning === undefined ? {} : { 'x-oss-version-id': versionId };
}
