import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Segment, SegmentStore } from './segment.js';
import { StoredBody } from './stored-body.js';
import type { Bucket, StoredObject } from './stored-object.js';

const bucketRecord = z.object({
  name: z.string(),
  acl: z.enum(['private', 'public-read', 'public-read-write']),
  createdAt: z.iso.datetime(),
});

const objectRecord = z.object({
  key: z.string(),
  etag: z.string(),
  crc64: z.string().regex(/^\d+$/).optional(),
  contentHeaders: z.record(z.string(), z.string()),
  userMetadata: z.record(z.string(), z.string()),
  lastModified: z.iso.datetime(),
  type: z.enum(['Normal', 'Multipart', 'Appendable']),
  segments: z.array(z.object({ fileName: z.string(), sizeBytes: z.number().int().min(0) })),
});

const BucketFile = 'bucket.json';

/** Writes buckets and objects down below `<directory>/catalog`, one JSON file each, and reads them back. */
export class CatalogFiles {
  readonly #directory: string;
  readonly #queues = new Map<string, Promise<void>>();

  constructor(directory: string) {
    this.#directory = join(directory, 'catalog');
  }

  #pathOf(bucket: string, key: string): string {
    const name = createHash('sha256').update(key, 'utf8').digest('hex');
    return join(this.#directory, bucket, `${name}.json`);
  }

  async #write(path: string, record: unknown): Promise<void> {
    const temporaryPath = `${path}.${randomUUID()}.tmp`;
    await writeFile(temporaryPath, JSON.stringify(record));
    await rename(temporaryPath, path);
  }

  /** Writes a bucket. */
  async saveBucket(bucket: Bucket): Promise<void> {
    await mkdir(join(this.#directory, bucket.name), { recursive: true });
    await this.#write(join(this.#directory, bucket.name, BucketFile), {
      name: bucket.name,
      acl: bucket.acl,
      createdAt: bucket.createdAt.toISOString(),
    });
  }

  /** Removes a bucket. */
  async removeBucket(name: string): Promise<void> {
    await rm(join(this.#directory, name), { recursive: true, force: true });
  }

  /** Writes what the bucket now has under the key, or removes it; calls for the same key run one by one. */
  saveObject(bucket: Bucket, key: string): Promise<void> {
    const path = this.#pathOf(bucket.name, key);
    const before = this.#queues.get(path) ?? Promise.resolve();
    const saved = before
      .catch(() => {})
      .then(() => this.#save(path, bucket.objects.get(key)))
      .finally(() => {
        if (this.#queues.get(path) === saved) this.#queues.delete(path);
      });
    this.#queues.set(path, saved);
    return saved;
  }

  async #save(path: string, object: StoredObject | undefined): Promise<void> {
    const segments = object?.body.segments.map(({ fileName, sizeBytes }) => ({ fileName, sizeBytes }));
    // Bodies that live in memory only (synthetic ones) end with the process.
    if (!object || segments?.some(({ fileName }) => fileName === undefined)) {
      await rm(path, { force: true });
      return;
    }
    await this.#write(path, {
      key: object.key,
      etag: object.etag,
      crc64: object.crc64?.toString(),
      contentHeaders: object.metadata.contentHeaders,
      userMetadata: object.metadata.userMetadata,
      lastModified: object.lastModified.toISOString(),
      type: object.type,
      segments,
    });
  }

  /** Reads everything back; an object whose body is gone is left out. */
  async load(store: Required<SegmentStore>): Promise<Bucket[]> {
    await mkdir(this.#directory, { recursive: true });
    const buckets: Bucket[] = [];
    const opened = new Map<string, Segment>();
    for (const name of await readdir(this.#directory)) {
      const directory = join(this.#directory, name);
      const record = bucketRecord.parse(JSON.parse(await readFile(join(directory, BucketFile), 'utf8')));
      const bucket: Bucket = {
        name: record.name,
        acl: record.acl,
        createdAt: new Date(record.createdAt),
        objects: new Map(),
        uploads: new Map(),
      };
      for (const file of await readdir(directory)) {
        if (file === BucketFile) continue;
        if (!file.endsWith('.json')) {
          await rm(join(directory, file), { force: true });
          continue;
        }
        const object = await this.#restore(await readFile(join(directory, file), 'utf8'), store, opened);
        if (object) bucket.objects.set(object.key, object);
      }
      buckets.push(bucket);
    }
    return buckets;
  }

  async #restore(
    text: string,
    store: Required<SegmentStore>,
    opened: Map<string, Segment>,
  ): Promise<StoredObject | undefined> {
    const record = objectRecord.parse(JSON.parse(text));
    const segments: Segment[] = [];
    for (const { fileName, sizeBytes } of record.segments) {
      const shared = opened.get(fileName);
      shared?.retain();
      const segment = shared ?? (await store.reopen(fileName, sizeBytes));
      if (!segment) return undefined;
      opened.set(fileName, segment);
      segments.push(segment);
    }
    return {
      key: record.key,
      body: new StoredBody(segments),
      etag: record.etag,
      crc64: record.crc64 === undefined ? undefined : BigInt(record.crc64),
      metadata: { contentHeaders: record.contentHeaders, userMetadata: record.userMetadata },
      lastModified: new Date(record.lastModified),
      type: record.type,
    };
  }
}
