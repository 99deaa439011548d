import type { Headers } from './headers.js';

/** A question to the bucket itself. */
export interface BucketRequest {
  readonly headers: Headers;
  readonly signal?: AbortSignal | undefined;
}

/** How long a bucket keeps objects from being overwritten and deleted (OSS documentation, "GetBucketWorm"). */
export interface RetentionPolicy {
  /** `InProgress` or `Locked`: objects are kept in both. An untrusted text. */
  readonly state: string;
  readonly days: number;
}

/** Objects that must not be overwritten: those that fit all that a rule names (OSS documentation, "GetBucketOverwriteConfig"). */
export interface OverwriteRule {
  readonly prefix: string | undefined;
  readonly suffix: string | undefined;
  /** Whom it concerns; empty for everybody. */
  readonly principals: readonly string[];
}

/** Where objects are sent to (OSS documentation, "GetBucketReplication"). */
export interface ReplicationRule {
  readonly targetBucket: string | undefined;
  /** Which objects: those whose keys begin with one of these; empty for all. */
  readonly prefixes: readonly string[];
}

/** What OSS has counted in a bucket (OSS documentation, "GetBucketStat"): an hour ago, or earlier. */
export interface BucketStatistics {
  readonly objectCount: number;
  /** What all of it takes, in bytes. */
  readonly sizeBytes: number;
  /** When it was counted, where OSS says so. */
  readonly countedAt: Date | undefined;
}

/** What stands under a key in a bucket with versions: an object, or what stands in the place of a deleted one. */
export interface ListedVersion {
  readonly kind: 'delete-marker' | 'object';
  readonly key: string;
  /** `null` for what was written while the bucket kept no versions. */
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly lastModified: Date | undefined;
  /** The size of what is stored; 0 for a delete marker. */
  readonly sizeBytes: number;
}

/** A place in a list of versions, or of uploads: behind this entry of this key; without an id, behind the key. */
export interface ListPlace {
  readonly key: string;
  readonly id: string | undefined;
}

/** One page of a list of versions or of uploads. */
export interface ListPageRequest extends BucketRequest {
  readonly prefix?: string | undefined;
  /** Goes on where an earlier page ended. */
  readonly after?: ListPlace | undefined;
  /** 1 to 1000; the server has defaults. */
  readonly maxEntries?: number | undefined;
}

/** What a page of versions holds, by key, the latest of a key first. */
export interface VersionPage {
  readonly versions: readonly ListedVersion[];
  /** Undefined for the last page. */
  readonly next: ListPlace | undefined;
}

/** A multipart upload that is neither finished nor dropped. */
export interface ListedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiatedAt: Date | undefined;
}

/** What a page of uploads holds, by key. */
export interface UploadPage {
  readonly uploads: readonly ListedUpload[];
  /** Undefined for the last page. */
  readonly next: ListPlace | undefined;
}

/**
 * What a bucket has besides its current objects, and the rules that it keeps. It only looks. Each call is one request and
 * needs a right of its own: who lacks it gets a ServiceError with status 403.
 */
export interface BucketView {
  /** Whether replaced and deleted objects are kept as versions; undefined when that was never asked for. */
  versioning(request: BucketRequest): Promise<'Enabled' | 'Suspended' | undefined>;
  /** Undefined where the bucket has no retention policy. */
  retention(request: BucketRequest): Promise<RetentionPolicy | undefined>;
  /** Empty where the bucket has no such rules. */
  overwriteRules(request: BucketRequest): Promise<readonly OverwriteRule[]>;
  /** Empty where the bucket has no such rules. */
  replicationRules(request: BucketRequest): Promise<readonly ReplicationRule[]>;
  /** How many objects the bucket had a while ago. */
  statistics(request: BucketRequest): Promise<BucketStatistics>;
  listVersions(request: ListPageRequest): Promise<VersionPage>;
  listUploads(request: ListPageRequest): Promise<UploadPage>;
}
