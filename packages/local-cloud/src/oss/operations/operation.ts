import type { OssRequest } from '../http/oss-request.js';
import type { OssResponse } from '../http/oss-response.js';
import type { DigestChoice } from '../storage/content-digest.js';
import type { ObjectCatalog } from '../storage/object-catalog.js';
import type { SegmentStore } from '../storage/segment.js';
import type { Bucket } from '../storage/stored-object.js';

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
}

/** Whether an operation changes anything: what an anonymous caller of a public bucket may do. */
type OperationAccess = 'read' | 'write';

/** One OSS operation. */
export interface Operation {
  /** Its name in the OSS documentation. */
  readonly name: string;
  readonly access: OperationAccess;
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
