import type { ObjectResponse } from '../contract/object-transport.js';
import { type EnvelopeState, type ParseEnvelopeOptions, parseEnvelope } from '../envelope/envelope.js';
import { parseUserMetadata, type UserMetadata } from '../envelope/user-metadata.js';

/** What the server's answer says of an object. It comes from the bucket: nothing of it is authenticated. */
export interface ObjectInfo {
  readonly key: string;
  /** Whether the object is encrypted, and how. */
  readonly encryption: EnvelopeState;
  /** The object's size in bytes, the same for plaintext and ciphertext; undefined when the server does not say. */
  readonly sizeBytes: number | undefined;
  /** The caller's own metadata, names in lower case. */
  readonly metadata: UserMetadata;
  readonly contentType: string | undefined;
  /** As the server gives it, quotes included. It identifies the ciphertext. */
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly lastModified: Date | undefined;
  readonly requestId: string | undefined;
}

/**
 * Reads an answer's headers.
 *
 * @throws MalformedEnvelopeError or AlgorithmNotSupportedError as `parseEnvelope` does
 */
export function parseObjectInfo(
  key: string,
  response: ObjectResponse,
  sizeBytes: number | undefined,
  options: ParseEnvelopeOptions,
): ObjectInfo {
  const { headers } = response;
  const modified = new Date(headers['last-modified'] ?? Number.NaN);
  return {
    key,
    encryption: parseEnvelope(headers, options),
    sizeBytes,
    metadata: parseUserMetadata(headers),
    contentType: headers['content-type'],
    etag: headers.etag,
    versionId: headers['x-oss-version-id'],
    lastModified: Number.isNaN(modified.getTime()) ? undefined : modified,
    requestId: headers['x-oss-request-id'],
  };
}

/** An object as it is handed out: what is known of it, and that its content is not authenticated. */
export class DescribedObject implements ObjectInfo {
  readonly key: string;
  readonly encryption: EnvelopeState;
  readonly sizeBytes: number | undefined;
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
    this.metadata = info.metadata;
    this.contentType = info.contentType;
    this.etag = info.etag;
    this.versionId = info.versionId;
    this.lastModified = info.lastModified;
    this.requestId = info.requestId;
  }
}
