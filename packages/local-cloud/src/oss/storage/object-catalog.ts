import { randomBytes } from 'node:crypto';
import { OssError } from '../http/oss-error.js';
import type { CatalogFiles } from './catalog-files.js';
import type { Bucket, BucketAcl, MultipartUpload, StoredObject, UploadedPart } from './stored-object.js';

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
  async putBucket(name: string, acl: BucketAcl, createdAt: Date): Promise<Bucket> {
    const known = this.#buckets.get(name);
    const bucket = known ?? { name, acl, createdAt, objects: new Map(), uploads: new Map() };
    bucket.acl = acl;
    this.#buckets.set(name, bucket);
    await this.#files?.saveBucket(bucket);
    return bucket;
  }

  /** Adds a bucket that was read back from files. */
  restoreBucket(bucket: Bucket): void {
    this.#buckets.set(bucket.name, bucket);
  }

  /** @throws {OssError} `NoSuchBucket`, or `BucketNotEmpty` while it holds objects or uploads. */
  async deleteBucket(name: string): Promise<void> {
    const bucket = this.bucket(name);
    if (bucket.objects.size > 0 || bucket.uploads.size > 0) {
      throw new OssError('BucketNotEmpty', { details: { BucketName: name } });
    }
    this.#buckets.delete(name);
    await this.#files?.removeBucket(name);
  }

  /** @throws {OssError} `NoSuchKey`. */
  object(bucket: Bucket, key: string): StoredObject {
    const object = bucket.objects.get(key);
    if (!object) throw new OssError('NoSuchKey', { details: { Key: key } });
    return object;
  }

  /** Stores an object in place of the one that had its key. */
  async putObject(bucket: Bucket, object: StoredObject): Promise<void> {
    const previous = bucket.objects.get(object.key);
    bucket.objects.set(object.key, object);
    await this.#files?.saveObject(bucket, object.key);
    previous?.body.release();
  }

  /** Deletes an object; whether it was there does not matter. */
  async deleteObject(bucket: Bucket, key: string): Promise<void> {
    const previous = bucket.objects.get(key);
    if (!previous) return;
    bucket.objects.delete(key);
    await this.#files?.saveObject(bucket, key);
    previous.body.release();
  }

  /** Opens a multipart upload. */
  startUpload(
    bucket: Bucket,
    upload: Pick<MultipartUpload, 'key' | 'metadata' | 'initiatedAt'>,
  ): MultipartUpload {
    const opened = { ...upload, id: randomBytes(16).toString('hex').toUpperCase(), parts: new Map() };
    bucket.uploads.set(opened.id, opened);
    return opened;
  }

  /** @throws {OssError} `NoSuchUpload` for another key, too. */
  upload(bucket: Bucket, key: string, id: string): MultipartUpload {
    const upload = bucket.uploads.get(id);
    if (upload?.key !== key) throw new OssError('NoSuchUpload', { details: { UploadId: id } });
    return upload;
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
