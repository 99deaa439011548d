import { KeyIndex } from './key-index.js';
import type { BucketAcl, ObjectAttributes, StorageClass } from './object-attributes.js';
import type { ObjectMetadata } from './object-metadata.js';
import type { StoredBody } from './stored-body.js';

/** How an object came to be. */
export type ObjectType = 'Normal' | 'Multipart' | 'Appendable' | 'Symlink';

/** Whether a bucket keeps the versions that are replaced or deleted. */
export type VersioningStatus = 'Enabled' | 'Suspended';

/** The version that buckets write until versioning is enabled, and again when it is suspended. */
export const nullVersion = 'null';

/** A restored copy of an archived object. */
interface Restoration {
  /** From when on it can be read. */
  readonly readyAt: Date;
  readonly expiresAt: Date;
}

/** An object as it is stored. It is replaced as a whole, never changed. */
export interface StoredObject {
  readonly kind: 'object';
  readonly key: string;
  /** `null` for the one version that an unversioned or suspended bucket writes. */
  readonly versionId: string;
  readonly body: StoredBody;
  /** Without quotes. */
  readonly etag: string;
  /** Undefined when the server was told not to compute it. */
  readonly crc64: bigint | undefined;
  /** MD5 of the bytes in base64, for objects that came in one request. */
  readonly contentMd5: string | undefined;
  readonly metadata: ObjectMetadata;
  readonly attributes: ObjectAttributes;
  readonly lastModified: Date;
  readonly type: ObjectType;
  /** For a symbolic link: the key that it points to. */
  readonly symlinkTarget: string | undefined;
  readonly restoration: Restoration | undefined;
}

/** What stands in place of an object that was deleted in a versioned bucket. */
export interface DeleteMarker {
  readonly kind: 'delete-marker';
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: Date;
}

/** One entry of an object's history. */
export type ObjectVersion = StoredObject | DeleteMarker;

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
  readonly attributes: ObjectAttributes;
  readonly initiatedAt: Date;
  readonly parts: Map<number, UploadedPart>;
}

/** The retention policy of a bucket: how long objects can be neither overwritten nor deleted. */
export interface RetentionPolicy {
  readonly id: string;
  readonly state: 'InProgress' | 'Locked';
  readonly days: number;
  readonly createdAt: Date;
}

/** Objects that must not be overwritten: those that fit all that a rule names. */
export interface OverwriteRule {
  readonly id: string;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
}

/** A rule that sends objects to another bucket. The local server only tells it. */
export interface ReplicationRule {
  readonly id: string;
  /** Of any object where there is none. */
  readonly prefixes: readonly string[];
  readonly targetBucket: string;
}

/** What a bucket has besides its objects that a program which changes them should know. */
export interface BucketRules {
  readonly retention?: RetentionPolicy | undefined;
  readonly overwriting: readonly OverwriteRule[];
  readonly replication: readonly ReplicationRule[];
}

/** A bucket and what is in it. */
export interface Bucket {
  readonly name: string;
  acl: BucketAcl;
  readonly storageClass: StorageClass;
  readonly dataRedundancyType: 'LRS' | 'ZRS';
  readonly createdAt: Date;
  /** Undefined until versioning was asked for. */
  versioning: VersioningStatus | undefined;
  rules: BucketRules;
  /** The objects that can be read without naming a version, by key. */
  readonly objects: Map<string, StoredObject>;
  /** Older versions by key, latest first; a delete marker in front says that there is no current object. */
  readonly history: Map<string, readonly ObjectVersion[]>;
  /** The keys of both, in order. */
  readonly keys: KeyIndex;
  readonly uploads: Map<string, MultipartUpload>;
}

/** What makes a bucket, besides its name. */
export type BucketSettings = Pick<Bucket, 'acl' | 'storageClass' | 'dataRedundancyType' | 'createdAt'>;

/** A bucket without objects. */
export function emptyBucket(name: string, settings: BucketSettings): Bucket {
  return {
    name,
    ...settings,
    versioning: undefined,
    rules: { overwriting: [], replication: [] },
    objects: new Map(),
    history: new Map(),
    keys: new KeyIndex(),
    uploads: new Map(),
  };
}

/** All versions of a key, latest first. */
export function versionsOf(bucket: Bucket, key: string): ObjectVersion[] {
  const current = bucket.objects.get(key);
  const older = bucket.history.get(key) ?? [];
  return current ? [current, ...older] : [...older];
}

/** Sets all versions of a key, latest first. */
export function setVersions(bucket: Bucket, key: string, versions: readonly ObjectVersion[]): void {
  const [latest, ...older] = versions;
  if (latest?.kind === 'object') bucket.objects.set(key, latest);
  else bucket.objects.delete(key);
  const rest = latest?.kind === 'object' ? older : versions;
  if (rest.length > 0) bucket.history.set(key, rest);
  else bucket.history.delete(key);
  if (latest === undefined) bucket.keys.delete(key);
  else bucket.keys.add(key);
}
