import type { ObjectResponse } from '../contract/object-transport.js';
import type { EnvelopeState } from '../envelope/envelope.js';
import { parseUserMetadata, type UserMetadata } from '../envelope/user-metadata.js';
import type { ReadPlan } from './read-plan.js';

/** What the server's answer says of an object. It comes from the bucket: nothing of it is authenticated. */
export interface ObjectInfo {
  readonly key: string;
  /** Whether the object is encrypted, and how. */
  readonly encryption: EnvelopeState;
  /** The size of the plaintext in bytes, as the server says; undefined when it does not say how much is stored. */
  readonly sizeBytes: number | undefined;
  /** Whether `sizeBytes` is a fact: the end of a sealed content was verified. Otherwise it is a claim of the server. */
  readonly sizeIsProven: boolean;
  /** The size of what is stored, in bytes; in counter mode the same. */
  readonly storedSizeBytes: number | undefined;
  /** The caller's own metadata, names in lower case. */
  readonly metadata: UserMetadata;
  readonly contentType: string | undefined;
  /** As the server gives it, quotes included. It identifies the ciphertext. */
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly lastModified: Date | undefined;
  readonly requestId: string | undefined;
}

/** Reads the headers of an answer about the object `key`. */
export function describeObject(
  key: string,
  response: ObjectResponse,
  encryption: EnvelopeState,
  { sizeBytes, storedSizeBytes }: Pick<ReadPlan, 'sizeBytes' | 'storedSizeBytes'>,
): ObjectInfo {
  const { headers } = response;
  const modified = new Date(headers['last-modified'] ?? Number.NaN);
  return {
    key,
    encryption,
    sizeBytes,
    sizeIsProven: false,
    storedSizeBytes,
    metadata: parseUserMetadata(headers),
    contentType: headers['content-type'],
    etag: headers.etag,
    versionId: headers['x-oss-version-id'],
    lastModified: Number.isNaN(modified.getTime()) ? undefined : modified,
    requestId: headers['x-oss-request-id'],
  };
}
