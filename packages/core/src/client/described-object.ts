import type { EnvelopeState } from '../envelope/envelope.js';
import type { UserMetadata } from '../envelope/user-metadata.js';
import type { ObjectInfo } from '../reading/object-info.js';

/** An object as it is handed out: what is known of it, and that its content is not authenticated. */
export class DescribedObject implements ObjectInfo {
  readonly key: string;
  readonly encryption: EnvelopeState;
  readonly sizeBytes: number | undefined;
  readonly storedSizeBytes: number | undefined;
  readonly metadata: UserMetadata;
  readonly contentType: string | undefined;
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly lastModified: Date | undefined;
  readonly requestId: string | undefined;
  /** Counter mode does not authenticate: whoever can write to the bucket can change bits of the content unseen. */
  readonly authenticated: false = false as const;

  constructor(info: ObjectInfo) {
    this.key = info.key;
    this.encryption = info.encryption;
    this.sizeBytes = info.sizeBytes;
    this.storedSizeBytes = info.storedSizeBytes;
    this.metadata = info.metadata;
    this.contentType = info.contentType;
    this.etag = info.etag;
    this.versionId = info.versionId;
    this.lastModified = info.lastModified;
    this.requestId = info.requestId;
  }
}
