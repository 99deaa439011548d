import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { defaultAttributes } from './object-attributes.js';
import type { Segment, SegmentStore } from './segment.js';
import { StoredBody } from './stored-body.js';
import {
  type Bucket,
  emptyBucket,
  nullVersion,
  type ObjectVersion,
  setVersions,
  versionsOf,
} from './stored-object.js';

const storageClass = z.enum(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']);

const rulesRecord = z.object({
  retention: z
    .object({
      id: z.string(),
      state: z.enum(['InProgress', 'Locked']),
      days: z.int().positive(),
      createdAt: z.iso.datetime().transform((text) => new Date(text)),
    })
    .optional(),
  overwriting: z.array(
    z.object({ id: z.string(), prefix: z.string().optional(), suffix: z.string().optional() }),
  ),
  replication: z.array(z.object({ id: z.string(), prefixes: z.array(z.string()), targetBucket: z.string() })),
});

const bucketRecord = z.object({
  name: z.string(),
  acl: z.enum(['private', 'public-read', 'public-read-write']),
  createdAt: z.iso.datetime(),
  storageClass: storageClass.default('Standard'),
  dataRedundancyType: z.enum(['LRS', 'ZRS']).default('LRS'),
  versioning: z.enum(['Enabled', 'Suspended']).optional(),
  rules: rulesRecord.default({ overwriting: [], replication: [] }),
});

const attributesRecord = z.object({
  acl: z.enum(['default', 'private', 'public-read', 'public-read-write']),
  storageClass,
  serverSideEncryption: z
    .object({
      method: z.enum(['AES256', 'KMS', 'SM4']),
      keyId: z.string().optional(),
      dataEncryption: z.string().optional(),
    })
    .optional(),
  tags: z.array(z.tuple([z.string(), z.string()])),
});

const objectRecord = z.object({
  key: z.string(),
  versionId: z.string().default(nullVersion),
  etag: z.string(),
  crc64: z.string().regex(/^\d+$/).optional(),
  contentMd5: z.string().optional(),
  contentHeaders: z.record(z.string(), z.string()),
  userMetadata: z.record(z.string(), z.string()),
  attributes: attributesRecord.optional(),
  lastModified: z.iso.datetime(),
  type: z.enum(['Normal', 'Multipart', 'Appendable', 'Symlink']),
  symlinkTarget: z.string().optional(),
  restoration: z.object({ readyAt: z.iso.datetime(), expiresAt: z.iso.datetime() }).optional(),
  segments: z.array(z.object({ fileName: z.string(), sizeBytes: z.number().int().min(0) })),
});

const markerRecord = z.object({
  key: z.string(),
  versionId: z.string(),
  lastModified: z.iso.datetime(),
  deleteMarker: z.literal(true),
});

/** A file holds all versions of a key, latest first; files of older servers hold the one object. */
const keyRecord = z.union([
  z.object({ versions: z.array(z.union([markerRecord, objectRecord])) }),
  objectRecord.transform((object) => ({ versions: [object] })),
]);

type VersionRecord = z.output<typeof keyRecord>['versions'][number];

const bucketFile = 'bucket.json';

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
    await this.#write(join(this.#directory, bucket.name, bucketFile), {
      name: bucket.name,
      acl: bucket.acl,
      createdAt: bucket.createdAt.toISOString(),
      storageClass: bucket.storageClass,
      dataRedundancyType: bucket.dataRedundancyType,
      versioning: bucket.versioning,
      rules: bucket.rules,
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
      .then(() => this.#save(path, versionsOf(bucket, key)))
      .finally(() => {
        if (this.#queues.get(path) === saved) this.#queues.delete(path);
      });
    this.#queues.set(path, saved);
    return saved;
  }

  async #save(path: string, versions: readonly ObjectVersion[]): Promise<void> {
    const records = versions.map(formatVersion).filter((record) => record !== undefined);
    if (records.length === 0) await rm(path, { force: true });
    else await this.#write(path, { versions: records });
  }

  /** Reads everything back; an object whose body is gone is left out. */
  async load(store: Required<SegmentStore>): Promise<Bucket[]> {
    await mkdir(this.#directory, { recursive: true });
    const buckets: Bucket[] = [];
    const opened = new Map<string, Segment>();
    for (const name of await readdir(this.#directory)) {
      const directory = join(this.#directory, name);
      const record = bucketRecord.parse(JSON.parse(await readFile(join(directory, bucketFile), 'utf8')));
      const { acl, storageClass, dataRedundancyType, versioning, rules } = record;
      const createdAt = new Date(record.createdAt);
      const bucket = emptyBucket(record.name, { acl, storageClass, dataRedundancyType, createdAt });
      bucket.versioning = versioning;
      bucket.rules = rules;
      for (const file of await readdir(directory)) {
        if (file === bucketFile) continue;
        if (!file.endsWith('.json')) {
          await rm(join(directory, file), { force: true });
          continue;
        }
        const text = await readFile(join(directory, file), 'utf8');
        const versions = await this.#restoreAll(text, bucket, store, opened);
        const [latest] = versions;
        if (latest) setVersions(bucket, latest.key, versions);
      }
      buckets.push(bucket);
    }
    return buckets;
  }

  async #restoreAll(
    text: string,
    bucket: Bucket,
    store: Required<SegmentStore>,
    opened: Map<string, Segment>,
  ): Promise<ObjectVersion[]> {
    const versions: ObjectVersion[] = [];
    for (const record of keyRecord.parse(JSON.parse(text)).versions) {
      const version = await this.#restore(record, bucket, store, opened);
      if (version) versions.push(version);
    }
    return versions;
  }

  async #restore(
    record: VersionRecord,
    bucket: Bucket,
    store: Required<SegmentStore>,
    opened: Map<string, Segment>,
  ): Promise<ObjectVersion | undefined> {
    const { key, versionId } = record;
    const lastModified = new Date(record.lastModified);
    if ('deleteMarker' in record) return { kind: 'delete-marker', key, versionId, lastModified };
    const segments: Segment[] = [];
    for (const { fileName, sizeBytes } of record.segments) {
      const shared = opened.get(fileName);
      shared?.retain();
      const segment = shared ?? (await store.reopen(fileName, sizeBytes));
      if (!segment) return undefined;
      opened.set(fileName, segment);
      segments.push(segment);
    }
    const { attributes, restoration } = record;
    const sse = attributes?.serverSideEncryption;
    return {
      kind: 'object',
      key,
      versionId,
      body: new StoredBody(segments),
      etag: record.etag,
      crc64: record.crc64 === undefined ? undefined : BigInt(record.crc64),
      contentMd5: record.contentMd5,
      metadata: { contentHeaders: record.contentHeaders, userMetadata: record.userMetadata },
      attributes: attributes
        ? {
            acl: attributes.acl,
            storageClass: attributes.storageClass,
            serverSideEncryption: sse && {
              method: sse.method,
              keyId: sse.keyId,
              dataEncryption: sse.dataEncryption,
            },
            tags: new Map(attributes.tags),
          }
        : defaultAttributes(bucket.storageClass),
      lastModified,
      type: record.type,
      symlinkTarget: record.symlinkTarget,
      restoration: restoration && {
        readyAt: new Date(restoration.readyAt),
        expiresAt: new Date(restoration.expiresAt),
      },
    };
  }
}

/** What is written down of a version; nothing when its body lives in memory only and ends with the process. */
function formatVersion(
  version: ObjectVersion,
): z.input<typeof objectRecord | typeof markerRecord> | undefined {
  const { key, versionId } = version;
  const lastModified = version.lastModified.toISOString();
  if (version.kind === 'delete-marker') return { key, versionId, lastModified, deleteMarker: true };
  const segments: { fileName: string; sizeBytes: number }[] = [];
  for (const { fileName, sizeBytes } of version.body.segments) {
    if (fileName === undefined) return undefined;
    segments.push({ fileName, sizeBytes });
  }
  const { attributes, restoration } = version;
  return {
    key,
    versionId,
    etag: version.etag,
    crc64: version.crc64?.toString(),
    contentMd5: version.contentMd5,
    contentHeaders: version.metadata.contentHeaders,
    userMetadata: version.metadata.userMetadata,
    attributes: { ...attributes, tags: [...attributes.tags] },
    lastModified,
    type: version.type,
    symlinkTarget: version.symlinkTarget,
    restoration: restoration && {
      readyAt: restoration.readyAt.toISOString(),
      expiresAt: restoration.expiresAt.toISOString(),
    },
    segments,
  };
}
