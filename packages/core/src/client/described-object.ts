import type { EnvelopeState } from '../envelope/envelope.js';
import type { UserMetadata } from '../envelope/user-metadata.js';
import type { ObjectInfo } from '../reading/object-info.js';

/** An object as it is handed out: what is known of it, and whether its content is authenticated. */
export class DescribedObject<Authenticated extends boolean> implements ObjectInfo {
  readonly key: string;
  readonly encryption: EnvelopeState;
  readonly sizeBytes: number | undefined;
  readonly sizeIsProven: boolean;
  readonly storedSizeBytes: number | undefined;
  readonly metadata: UserMetadata;
  readonly contentType: string | undefined;
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly lastModified: Date | undefined;
  readonly requestId: string | undefined;
  /**
   * True for a sealed object: nobody can change its content unseen. Counter mode does not authenticate: whoever can write
   * to the bucket can change bits of the content unseen.
   */
  readonly authenticated: Authenticated;

  constructor(info: ObjectInfo, authenticated: Authenticated) {
    this.authenticated = authenticated;
    this.key = info.key;
    this.encryption = info.encryption;
    this.sizeBytes = info.sizeBytes;
    this.sizeIsProven = info.sizeIsProven;
    this.storedSizeBytes = info.storedSizeBytes;
    this.metadata = info.metadata;
    this.contentType = info.contentType;
    this.etag = info.etag;
    this.versionId = info.versionId;
    this.lastModified = info.lastModified;
    this.requestId = info.requestId;
  }
}

/** What is known of an object, without its content. */
export function objectInfoOf(object: ObjectInfo): ObjectInfo {
  const { key, encryption, sizeBytes, sizeIsProven, storedSizeBytes, metadata } = object;
  const { contentType, etag, versionId, lastModified, requestId } = object;
  return {
    key,
    encryption,
    sizeBytes,
    sizeIsProven,
    storedSizeBytes,
    metadata,
    contentType,
    etag,
    versionId,
    lastModified,
    requestId,
  };
}
