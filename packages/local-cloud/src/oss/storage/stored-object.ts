import type { ObjectMetadata } from './object-metadata.js';
import type { StoredBody } from './stored-body.js';

/** How an object came to be. */
export type ObjectType = 'Normal' | 'Multipart' | 'Appendable';

/** Who may use a bucket without a signature. */
export type BucketAcl = 'private' | 'public-read' | 'public-read-write';

/** An object as it is stored. It is replaced as a whole, never changed. */
export interface StoredObject {
  readonly key: string;
  readonly body: StoredBody;
  /** Without quotes. */
  readonly etag: string;
  /** Undefined when the server was told not to compute it. */
  readonly crc64: bigint | undefined;
  readonly metadata: ObjectMetadata;
  readonly lastModified: Date;
  readonly type: ObjectType;
}

/** A part of an open upload. */
export interface UploadedPart {
  readonly number: number;
  readonly body: StoredBody;
  /** Without quotes. */
  readonly etag: string;
  readonly crc64: bigint | undefined;
  readonly lastModified: Date;
}

/** A multipart upload that is neither completed nor aborted. */
export interface MultipartUpload {
  readonly id: string;
  readonly key: string;
  readonly metadata: ObjectMetadata;
  readonly initiatedAt: Date;
  readonly parts: Map<number, UploadedPart>;
}

/** A bucket and what is in it. */
export interface Bucket {
  readonly name: string;
  acl: BucketAcl;
  readonly createdAt: Date;
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, MultipartUpload>;
}

/** Order of UTF-8 bytes, in which OSS lists keys. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
