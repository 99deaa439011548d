import { randomBytes } from 'node:crypto';
import { OssError } from '../http/oss-error.js';
import type { CatalogFiles } from './catalog-files.js';
import {
  type Bucket,
  type BucketRules,
  type BucketSettings,
  emptyBucket,
  type MultipartUpload,
  nullVersion,
  type ObjectVersion,
  type StoredObject,
  setVersions,
  type UploadedPart,
  type VersioningStatus,
  versionsOf,
} from './stored-object.js';

/** An object that is to be stored; the catalog gives it its version. */
export type NewObject = Omit<StoredObject, 'kind' | 'versionId'>;

/** What DeleteObject did. */
export interface Deletion {
  /** The version that is gone for good, or the delete marker that was written; undefined without versions. */
  readonly versionId: string | undefined;
  /** Whether that version is a delete marker. */
  readonly isDeleteMarker: boolean;
}

/** All buckets, objects and open uploads of a server. Uploads do not outlive the process. */
export class ObjectCatalog {
  readonly #buckets = new Map<string, Bucket>();
  readonly #files: CatalogFiles | undefined;

  /** @param files Where buckets and objects are also written down, if anywhere. */
  constructor(files?: CatalogFiles) {
    this.#files = files;
  }

  /** Buckets in order of name. */
  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The bucket, or `undefined`. */
  findBucket(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** @throws {OssError} `NoSuchBucket`. */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (!bucket) throw new OssError('NoSuchBucket', { details: { BucketName: name } });
    return bucket;
  }

  /** Makes a bucket, or changes the ACL of one that is there. */
  async putBucket(name: string, settings: BucketSettings): Promise<Bucket> {
    const known = this.#buckets.get(name);
    const bucket = known ?? emptyBucket(name, settings);
    bucket.acl = settings.acl;
    this.#buckets.set(name, bucket);
    await this.#files?.saveBucket(bucket);
    return bucket;
  }

  /** Enables or suspends versioning. */
  async setVersioning(bucket: Bucket, status: VersioningStatus): Promise<void> {
    bucket.versioning = status;
    await this.#files?.saveBucket(bucket);
  }

  /** Sets rules of a bucket; those that are not named stay. */
  async setRules(bucket: Bucket, rules: Partial<BucketRules>): Promise<void> {
    bucket.rules = { ...bucket.rules, ...rules };
    await this.#files?.saveBucket(bucket);
  }

  /** Adds a bucket that was read back from files. */
  restoreBucket(bucket: Bucket): void {
    this.#buckets.set(bucket.name, bucket);
  }

  /** @throws {OssError} `NoSuchBucket`, or `BucketNotEmpty` while it holds objects, versions or uploads. */
  async deleteBucket(name: string): Promise<void> {
    const bucket = this.bucket(name);
    if (bucket.objects.size > 0 || bucket.history.size > 0 || bucket.uploads.size > 0) {
      throw new OssError('BucketNotEmpty', { details: { BucketName: name } });
    }
    this.#buckets.delete(name);
    await this.#files?.removeBucket(name);
  }

  /**
   * The current object, or the version that is asked for.
   * @param markerError The error for a version that is a delete marker.
   * @throws {OssError} `NoSuchKey`, `NoSuchVersion`, or `markerError`.
   */
  object(
    bucket: Bucket,
    key: string,
    versionId?: string,
    markerError: 'NoSuchKey' | 'MethodNotAllowed' = 'NoSuchKey',
  ): StoredObject {
    const current = bucket.objects.get(key);
    if (current && (versionId === undefined || versionId === current.versionId)) return current;
    const older = bucket.history.get(key);
    const found =
      versionId === undefined ? older?.[0] : older?.find((version) => version.versionId === versionId);
    if (!found) {
      if (versionId === undefined) throw new OssError('NoSuchKey', { details: { Key: key } });
      throw new OssError('NoSuchVersion', { details: { Key: key, VersionId: versionId } });
    }
    if (found.kind === 'object') return found;
    throw new OssError(versionId === undefined ? 'NoSuchKey' : markerError, {
      details: { Key: key },
      headers: { 'x-oss-delete-marker': 'true', 'x-oss-version-id': found.versionId },
    });
  }

  /**
   * Stores an object. In a versioned bucket the one that had its key becomes an older version.
   * @param versionId Default: a new one where versioning is enabled, else {@link nullVersion}.
   */
  async putObject(
    bucket: Bucket,
    object: NewObject,
    versionId: string = newVersionId(bucket),
  ): Promise<StoredObject> {
    const stored: StoredObject = { ...object, kind: 'object', versionId };
    const { key } = object;
    const replaced = versionsOf(bucket, key);
    setVersions(bucket, key, [stored, ...replaced.filter((version) => version.versionId !== versionId)]);
    await this.#files?.saveObject(bucket, key);
    for (const version of replaced) {
      if (version.kind === 'object' && version.versionId === versionId) version.body.release();
    }
    return stored;
  }

  /** Replaces what a version has beside its bytes; its place in the history stays. */
  async changeObject(
    bucket: Bucket,
    object: StoredObject,
    change: Partial<Omit<StoredObject, 'key' | 'versionId' | 'body'>>,
  ): Promise<StoredObject> {
    const changed: StoredObject = { ...object, ...change };
    const versions = versionsOf(bucket, object.key);
    setVersions(
      bucket,
      object.key,
      versions.map((version) => (version === object ? changed : version)),
    );
    await this.#files?.saveObject(bucket, object.key);
    return changed;
  }

  /**
   * Deletes a version for good, or the current object: in a versioned bucket by a delete marker. Whether there was
   * anything does not matter.
   */
  async deleteObject(bucket: Bucket, key: string, now: Date, versionId?: string): Promise<Deletion> {
    const versions = versionsOf(bucket, key);
    const goneId = versionId ?? (bucket.versioning === 'Enabled' ? undefined : nullVersion);
    const gone = versions.find((version) => version.versionId === goneId);
    const rest = versions.filter((version) => version !== gone);
    if (versionId === undefined && bucket.versioning !== undefined) {
      const marker = newVersionId(bucket);
      rest.unshift({ kind: 'delete-marker', key, versionId: marker, lastModified: now });
      await this.#replaceVersions(bucket, key, rest, gone);
      return { versionId: marker, isDeleteMarker: true };
    }
    if (gone) await this.#replaceVersions(bucket, key, rest, gone);
    return {
      versionId: bucket.versioning === undefined ? undefined : versionId,
      isDeleteMarker: gone?.kind === 'delete-marker',
    };
  }

  async #replaceVersions(
    bucket: Bucket,
    key: string,
    versions: readonly ObjectVersion[],
    gone: ObjectVersion | undefined,
  ): Promise<void> {
    setVersions(bucket, key, versions);
    await this.#files?.saveObject(bucket, key);
    if (gone?.kind === 'object') gone.body.release();
  }

  /** Opens a multipart upload. */
  startUpload(
    bucket: Bucket,
    upload: Pick<MultipartUpload, 'key' | 'metadata' | 'attributes' | 'initiatedAt'>,
  ): MultipartUpload {
    const opened = { ...upload, id: randomBytes(16).toString('hex').toUpperCase(), parts: new Map() };
    bucket.uploads.set(opened.id, opened);
    return opened;
  }

  /** The upload, or `undefined`; the id of another key's upload is none. */
  findUpload(bucket: Bucket, key: string, id: string): MultipartUpload | undefined {
    const upload = bucket.uploads.get(id);
    return upload?.key === key ? upload : undefined;
  }

  /** Adds a part, in place of the one that had its number. */
  putPart(upload: MultipartUpload, part: UploadedPart): void {
    const previous = upload.parts.get(part.number);
    upload.parts.set(part.number, part);
    previous?.body.release();
  }

  /** Forgets an upload and gives up its parts; bodies that were shared stay with whom they were shared. */
  dropUpload(bucket: Bucket, upload: MultipartUpload): void {
    bucket.uploads.delete(upload.id);
    for (const part of upload.parts.values()) part.body.release();
    upload.parts.clear();
  }
}

function newVersionId(bucket: Bucket): string {
  return bucket.versioning === 'Enabled' ? `CAEQ${randomBytes(45).toString('base64url')}` : nullVersion;
}
