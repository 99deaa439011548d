import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { assertBucketName, assertObjectKey } from '../http/request-target.js';
import { AccountBook, defaultOssAccount, type OssAccount } from '../signatures/account.js';
import { CatalogFiles } from '../storage/catalog-files.js';
import { Crc64, combineCrc64 } from '../storage/crc64.js';
import { DirectorySegmentStore } from '../storage/directory-segment-store.js';
import { DiscardSegmentStore } from '../storage/discard-segment-store.js';
import { MemorySegmentStore } from '../storage/memory-segment-store.js';
import {
  type BucketAcl,
  ObjectCatalog,
  type ObjectType,
  type StoredObject,
} from '../storage/object-catalog.js';
import { readObjectMetadata } from '../storage/object-metadata.js';
import type { Segment, SegmentStore } from '../storage/segment.js';
import { StoredBody } from '../storage/stored-body.js';
import { SyntheticSegment } from '../storage/synthetic-segment.js';
import { FaultPlan } from './fault.js';
import { OssServer } from './oss-server.js';
import { RequestLog } from './request-log.js';

const account = z.object({
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
  securityToken: z.string().min(1).optional(),
  expiresAt: z.date().optional(),
});

const optionsSchema = z.object({
  port: z.number().int().min(0).max(65_535).default(0),
  host: z.string().default('127.0.0.1'),
  dir: z.string().min(1).optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('cn-hangzhou'),
  accounts: z.array(account).default([{ ...defaultOssAccount }]),
  buckets: z.array(z.string()).default([]),
  now: z.custom<() => Date>((value) => typeof value === 'function').default(() => () => new Date()),
  maxClockSkewMs: z
    .number()
    .min(0)
    .default(15 * 60 * 1000),
  cors: z.boolean().default(true),
  cnames: z.record(z.string(), z.string()).default({}),
  maxLoggedRequests: z.number().int().min(1).default(1000),
  md5: z.boolean().default(true),
  crc64: z.boolean().default(true),
  discardBodies: z.boolean().default(false),
});

/** Options of {@link startOss}; all have defaults. */
export interface OssOptions {
  /** TCP port; 0, the default, takes a free one. */
  port?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string;
  /** Folder for buckets and bodies, created when absent; they outlive the server. Default: all in memory. */
  dir?: string;
  /** Region without the `oss-` prefix, which V4 signatures must name. Default `cn-hangzhou`. */
  region?: string;
  /** Who may sign requests. Default: {@link defaultOssAccount}. */
  accounts?: OssAccount[];
  /** Buckets to make, unless they are there. */
  buckets?: string[];
  /** The server's clock. */
  now?: () => Date;
  /** How far a signature's time may be off, in milliseconds. Default 15 minutes. */
  maxClockSkewMs?: number;
  /** Whether pages of any origin may use the server. Default true. */
  cors?: boolean;
  /** Own domain names: bucket by host name, without port. */
  cnames?: Record<string, string>;
  /** How many of the latest requests are remembered. Default 1000. */
  maxLoggedRequests?: number;
  /** Whether bodies get an MD5, as ETag and against Content-MD5. Default true; it costs most of the time of a put. */
  md5?: boolean;
  /** Whether bodies get a CRC-64. Default true. */
  crc64?: boolean;
  /** For benchmarks: bodies are counted and summed, but not kept. */
  discardBodies?: boolean;
}

/** An object as {@link LocalOss.getObject} shows it. */
export interface LocalObject {
  key: string;
  bytes: Uint8Array;
  /** Content headers and `x-oss-meta-*`, by name in lower case. */
  headers: Record<string, string>;
  /** Without quotes. */
  etag: string;
  /** Decimal. */
  crc64: string | undefined;
  type: ObjectType;
  lastModified: Date;
}

/** An open multipart upload as {@link LocalOss.uploads} shows it. */
export interface LocalUpload {
  uploadId: string;
  key: string;
  initiatedAt: Date;
  parts: { number: number; sizeBytes: number; etag: string }[];
}

function toHeaders(object: StoredObject): Record<string, string> {
  const headers: Record<string, string> = { ...object.metadata.contentHeaders };
  for (const [name, value] of Object.entries(object.metadata.userMetadata))
    headers[`x-oss-meta-${name}`] = value;
  return headers;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

async function crc64Of(bytes: Uint8Array): Promise<bigint> {
  const crc64 = await Crc64.start();
  crc64.update(bytes);
  return crc64.finish();
}

/** CRC-64 of `block` over and over, `sizeBytes` long, by doubling. */
async function repeatedCrc64(block: Uint8Array, sizeBytes: number): Promise<bigint> {
  let total = await crc64Of(block.subarray(0, sizeBytes % block.length));
  let power = await crc64Of(block);
  let powerBytes = block.length;
  for (let count = Math.floor(sizeBytes / block.length); count > 0; count = Math.floor(count / 2)) {
    if (count % 2 === 1) total = combineCrc64(power, total, sizeBytes % powerBytes);
    power = combineCrc64(power, power, powerBytes);
    powerBytes *= 2;
  }
  return total;
}

/** A running local OSS. Besides serving HTTP it lets tests reach behind the protocol. */
export class LocalOss {
  /** `http://localhost:PORT`: what ali-oss takes as `endpoint`, with `sldEnable: true`. */
  readonly endpoint: string;
  /** `http://HOST:PORT`, with the address that the server listens on. */
  readonly origin: string;
  readonly port: number;
  /** Region without the `oss-` prefix. */
  readonly region: string;
  /** Who may sign requests; may be changed at any time. */
  readonly accounts: AccountBook;
  /** What is to go wrong. */
  readonly faults: FaultPlan;
  /** The latest requests. */
  readonly requests: RequestLog;
  readonly #server: OssServer;
  readonly #catalog: ObjectCatalog;
  readonly #store: SegmentStore;
  readonly #now: () => Date;
  #closing: Promise<void> | undefined;

  /** Not for callers: see {@link startOss}. */
  constructor(parts: {
    host: string;
    port: number;
    region: string;
    accounts: AccountBook;
    faults: FaultPlan;
    requests: RequestLog;
    server: OssServer;
    catalog: ObjectCatalog;
    store: SegmentStore;
    now: () => Date;
  }) {
    this.endpoint = `http://localhost:${parts.port}`;
    this.origin = `http://${parts.host.includes(':') ? `[${parts.host}]` : parts.host}:${parts.port}`;
    this.port = parts.port;
    this.region = parts.region;
    this.accounts = parts.accounts;
    this.faults = parts.faults;
    this.requests = parts.requests;
    this.#server = parts.server;
    this.#catalog = parts.catalog;
    this.#store = parts.store;
    this.#now = parts.now;
  }

  /** Connections that are open now, idle keep-alive ones included. */
  get openSockets(): number {
    return this.#server.openSockets;
  }

  /** Requests that are not finished. */
  get activeRequests(): number {
    return this.#server.activeRequests;
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    return this.#server.idle();
  }

  /** Makes a bucket, or sets the ACL of one. */
  async createBucket(bucket: string, acl: BucketAcl = 'private'): Promise<void> {
    assertBucketName(bucket);
    await this.#catalog.putBucket(bucket, acl, this.#now());
  }

  /** Keys in a bucket, in order. @throws {OssError} `NoSuchBucket`. */
  keys(bucket: string): string[] {
    return [...this.#catalog.bucket(bucket).objects.keys()].sort();
  }

  /**
   * Stores an object without signature and without the rules for headers.
   * @param headers Content-Type and the like, and `x-oss-meta-*`.
   * @throws {OssError} `NoSuchBucket`, `InvalidObjectName`.
   */
  async putObject(
    bucket: string,
    key: string,
    bytes: Uint8Array | string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const content = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : new Uint8Array(bytes);
    const etag = createHash('md5').update(content).digest('hex').toUpperCase();
    const segment = await this.#storeBytes(content);
    await this.#put(bucket, key, segment, etag, await crc64Of(content), headers);
  }

  /**
   * Makes an object of any size that takes no storage: `block` over and over. Its CRC-64 is right, its ETag is not
   * an MD5. It does not outlive the server.
   * @param block Default: one byte of zero, 64 KiB of them.
   */
  async putSyntheticObject(
    bucket: string,
    key: string,
    options: { sizeBytes: number; block?: Uint8Array; headers?: Readonly<Record<string, string>> },
  ): Promise<void> {
    const { sizeBytes } = options;
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw new RangeError('sizeBytes must be a whole number of bytes, 0 or more');
    }
    const block = options.block ? new Uint8Array(options.block) : new Uint8Array(64 * 1024);
    const segment = new SyntheticSegment(repeatedTo(block, 256 * 1024), sizeBytes);
    const crc64 = await repeatedCrc64(block, sizeBytes);
    const etag = createHash('md5').update(`synthetic:${crc64}:${sizeBytes}`).digest('hex').toUpperCase();
    await this.#put(bucket, key, segment, etag, crc64, options.headers ?? {});
  }

  /** The stored bytes and headers of an object. @throws {OssError} `NoSuchBucket`, `NoSuchKey`. */
  async getObject(bucket: string, key: string): Promise<LocalObject> {
    const object = this.#catalog.object(this.#catalog.bucket(bucket), key);
    const body = object.body.share();
    try {
      return {
        key,
        bytes: new Uint8Array(await body.bytes()),
        headers: toHeaders(object),
        etag: object.etag,
        crc64: object.crc64?.toString(),
        type: object.type,
        lastModified: object.lastModified,
      };
    } finally {
      body.release();
    }
  }

  /** Whether there is such an object. */
  hasObject(bucket: string, key: string): boolean {
    return this.#catalog.findBucket(bucket)?.objects.has(key) ?? false;
  }

  /** Deletes an object; whether it was there does not matter. @throws {OssError} `NoSuchBucket`. */
  async deleteObject(bucket: string, key: string): Promise<void> {
    await this.#catalog.deleteObject(this.#catalog.bucket(bucket), key);
  }

  /**
   * Changes stored bytes behind the back of everybody: ETag and CRC-64 stay what they were.
   * @param change Gets a copy of the bytes; gives it back changed, or others, even of another length.
   */
  async tamperBody(bucket: string, key: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
    const { bytes } = await this.getObject(bucket, key);
    const segment = await this.#storeBytes(change(bytes));
    await this.#replace(bucket, key, { body: new StoredBody([segment]) });
  }

  /** Flips the lowest bit of the stored byte at an offset; see {@link tamperBody}. */
  async corruptByte(bucket: string, key: string, offsetBytes: number): Promise<void> {
    await this.tamperBody(bucket, key, (bytes) => {
      if (!(offsetBytes >= 0 && offsetBytes < bytes.length)) {
        throw new RangeError(`offsetBytes must be inside the object of ${bytes.length} bytes`);
      }
      bytes[offsetBytes]! ^= 1;
      return bytes;
    });
  }

  /**
   * Replaces an object's headers without signature and without the rules for headers.
   * @param change Gets the headers of {@link LocalObject} and gives those that there shall be.
   */
  async setHeaders(
    bucket: string,
    key: string,
    change: (headers: Record<string, string>) => Record<string, string>,
  ): Promise<void> {
    const object = this.#catalog.object(this.#catalog.bucket(bucket), key);
    const metadata = readObjectMetadata(lowerCased(change(toHeaders(object))));
    await this.#replace(bucket, key, { metadata, body: object.body.share() });
  }

  /** Multipart uploads that are neither completed nor aborted. @throws {OssError} `NoSuchBucket`. */
  uploads(bucket: string): LocalUpload[] {
    return [...this.#catalog.bucket(bucket).uploads.values()].map((upload) => ({
      uploadId: upload.id,
      key: upload.key,
      initiatedAt: upload.initiatedAt,
      parts: [...upload.parts.values()]
        .sort((a, b) => a.number - b.number)
        .map(({ number, body, etag }) => ({ number, sizeBytes: body.sizeBytes, etag })),
    }));
  }

  /** Stops serving and closes every connection, also stalled ones. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#server.close().then(() => this.#store.close());
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #storeBytes(bytes: Uint8Array): Promise<Segment> {
    const sink = await this.#store.open();
    await sink.write(bytes);
    return sink.commit();
  }

  async #put(
    bucket: string,
    key: string,
    segment: Segment,
    etag: string,
    crc64: bigint,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    assertObjectKey(key);
    await this.#catalog.putObject(this.#catalog.bucket(bucket), {
      key,
      body: new StoredBody([segment]),
      etag,
      crc64,
      metadata: readObjectMetadata(lowerCased(headers)),
      lastModified: this.#now(),
      type: 'Normal',
    });
  }

  async #replace(bucket: string, key: string, change: Partial<StoredObject>): Promise<void> {
    const found = this.#catalog.bucket(bucket);
    await this.#catalog.putObject(found, { ...this.#catalog.object(found, key), ...change });
  }
}

function repeatedTo(block: Uint8Array, bytes: number): Uint8Array {
  const times = Math.max(1, Math.floor(bytes / block.length));
  const whole = new Uint8Array(block.length * times);
  for (let i = 0; i < times; i += 1) whole.set(block, i * block.length);
  return whole;
}

async function openStorage(
  dir: string | undefined,
  discard: boolean,
): Promise<{ store: SegmentStore; catalog: ObjectCatalog }> {
  if (discard) return { store: new DiscardSegmentStore(), catalog: new ObjectCatalog() };
  if (dir === undefined) return { store: new MemorySegmentStore(), catalog: new ObjectCatalog() };
  await mkdir(dir, { recursive: true });
  const store = await DirectorySegmentStore.create(dir);
  const files = new CatalogFiles(dir);
  const catalog = new ObjectCatalog(files);
  const used = new Set<string>();
  for (const bucket of await files.load(store)) {
    catalog.restoreBucket(bucket);
    for (const object of bucket.objects.values()) {
      for (const { fileName } of object.body.segments) if (fileName !== undefined) used.add(fileName);
    }
  }
  await store.removeAllBut(used);
  return { store, catalog };
}

/**
 * Starts a local OSS on loopback.
 *
 * @example
 * const oss = await startOss({ buckets: ['photos'] });
 * const client = new OSS({ ...defaultOssAccount, endpoint: oss.endpoint, sldEnable: true, bucket: 'photos' });
 * // ...
 * await oss.close();
 *
 * @throws {z.ZodError} For invalid options; what `listen` reports, such as EADDRINUSE.
 */
export async function startOss(options: OssOptions = {}): Promise<LocalOss> {
  const parsed = optionsSchema.parse(options);
  for (const bucket of parsed.buckets) assertBucketName(bucket);
  const { store, catalog } = await openStorage(parsed.dir, parsed.discardBodies);
  const accounts = new AccountBook(parsed.accounts);
  const faults = new FaultPlan();
  const requests = new RequestLog(parsed.maxLoggedRequests);
  const { region, now, maxClockSkewMs, cors, cnames, md5, crc64 } = parsed;
  for (const bucket of parsed.buckets) {
    if (!catalog.findBucket(bucket)) await catalog.putBucket(bucket, 'private', now());
  }
  const server = new OssServer({
    catalog,
    store,
    accounts,
    faults,
    requests,
    digests: { md5, crc64 },
    region,
    now,
    maxClockSkewMs,
    cors,
    cnames,
  });
  const port = await server.listen(parsed.port, parsed.host);
  return new LocalOss({
    host: parsed.host,
    port,
    region,
    accounts,
    faults,
    requests,
    server,
    catalog,
    store,
    now,
  });
}
