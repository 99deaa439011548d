import { createHash } from 'node:crypto';
import { assertBucketName, assertObjectKey } from '../http/request-target.js';
import { readAttributes } from '../operations/attribute-headers.js';
import type { AccountBook } from '../signatures/account.js';
import { type ComputeBytes, ComputedSegment } from '../storage/computed-segment.js';
import { crc64Of } from '../storage/crc64.js';
import type { BucketAcl } from '../storage/object-attributes.js';
import type { NewObject, ObjectCatalog } from '../storage/object-catalog.js';
import { formatObjectMetadata, readObjectMetadata } from '../storage/object-metadata.js';
import { repeatedContent } from '../storage/repeated-content.js';
import type { Segment, SegmentStore } from '../storage/segment.js';
import { StoredBody } from '../storage/stored-body.js';
import type { BucketRules, ObjectType, VersioningStatus } from '../storage/stored-object.js';
import type { FaultPlan } from './fault.js';
import type { OssServer } from './oss-server.js';
import type { RequestLog } from './request-log.js';

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

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
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
    await this.#catalog.putBucket(bucket, {
      acl,
      storageClass: 'Standard',
      dataRedundancyType: 'LRS',
      createdAt: this.#now(),
    });
  }

  /** Enables or suspends the versioning of a bucket. @throws {OssError} `NoSuchBucket`. */
  async setVersioning(bucket: string, status: VersioningStatus): Promise<void> {
    await this.#catalog.setVersioning(this.#catalog.bucket(bucket), status);
  }

  /**
   * Sets what a bucket's owner can forbid, and where its objects are sent to; what is not named stays. A retention policy
   * counts for objects that are there: within its days they can be neither overwritten nor deleted by a request.
   * Replication is told, not done.
   * @throws {OssError} `NoSuchBucket`.
   */
  async setRules(bucket: string, rules: Partial<BucketRules>): Promise<void> {
    await this.#catalog.setRules(this.#catalog.bucket(bucket), rules);
  }

  /** Keys in a bucket, in the order of lists: that of their UTF-8 bytes. @throws {OssError} `NoSuchBucket`. */
  keys(bucket: string): string[] {
    const { keys, objects } = this.#catalog.bucket(bucket);
    return [...keys.from('', 'at')].filter((key) => objects.has(key));
  }

  /**
   * Stores an object without signature and without the rules for headers.
   * @param headers Content-Type and the like, `x-oss-meta-*`, and those of storage class, ACL, tags and encryption.
   * @throws {OssError} `NoSuchBucket`, `InvalidObjectName`.
   */
  async putObject(
    bucket: string,
    key: string,
    bytes: Uint8Array | string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const content = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : new Uint8Array(bytes);
    const md5 = createHash('md5').update(content).digest();
    const segment = await this.#storeBytes(content);
    const crc64 = await crc64Of(content);
    const sums = { etag: md5.toString('hex').toUpperCase(), crc64, contentMd5: md5.toString('base64') };
    await this.#put(bucket, key, segment, sums, headers);
  }

  /**
   * Makes an object of any size that takes no storage: `block` over and over, by default 64 KiB of zeros. Its CRC-64 is
   * right, its ETag is not an MD5. It does not outlive the server.
   */
  async putSyntheticObject(
    bucket: string,
    key: string,
    options: { sizeBytes: number; block?: Uint8Array; headers?: Readonly<Record<string, string>> },
  ): Promise<void> {
    const { sizeBytes, block = new Uint8Array(64 * 1024), headers = {} } = options;
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw new RangeError('sizeBytes must be a whole number of bytes, 0 or more');
    }
    const { segment, crc64, etag } = await repeatedContent(block, sizeBytes);
    await this.#put(bucket, key, segment, { etag, crc64, contentMd5: undefined }, headers);
  }

  /**
   * Makes an object of any size that takes no storage: `compute` gives its bytes when they are read. It has no CRC-64,
   * as very old objects have none, and its ETag is not an MD5. It does not outlive the server.
   */
  async putComputedObject(
    bucket: string,
    key: string,
    options: { sizeBytes: number; compute: ComputeBytes; headers?: Readonly<Record<string, string>> },
  ): Promise<void> {
    const { sizeBytes, compute, headers = {} } = options;
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw new RangeError('sizeBytes must be a whole number of bytes, 0 or more');
    }
    const etag = createHash('md5').update(`computed:${key}:${sizeBytes}`).digest('hex').toUpperCase();
    const sums = { etag, crc64: undefined, contentMd5: undefined };
    await this.#put(bucket, key, new ComputedSegment(compute, sizeBytes), sums, headers);
  }

  /** The stored bytes and headers of an object. @throws {OssError} `NoSuchBucket`, `NoSuchKey`. */
  async getObject(bucket: string, key: string): Promise<LocalObject> {
    const object = this.#catalog.object(this.#catalog.bucket(bucket), key);
    const body = object.body.share();
    try {
      return {
        key,
        bytes: new Uint8Array(await body.bytes()),
        headers: formatObjectMetadata(object.metadata),
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
    await this.#catalog.deleteObject(this.#catalog.bucket(bucket), key, this.#now());
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
   * @param change Gets the headers of {@link LocalObject} and gives those that there must be.
   */
  async setHeaders(
    bucket: string,
    key: string,
    change: (headers: Record<string, string>) => Record<string, string>,
  ): Promise<void> {
    const object = this.#catalog.object(this.#catalog.bucket(bucket), key);
    const metadata = readObjectMetadata(lowerCased(change(formatObjectMetadata(object.metadata))));
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
    { etag, crc64, contentMd5 }: { etag: string; crc64: bigint | undefined; contentMd5: string | undefined },
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    assertObjectKey(key);
    const found = this.#catalog.bucket(bucket);
    const lower = lowerCased(headers);
    await this.#catalog.putObject(found, {
      key,
      body: new StoredBody([segment]),
      etag,
      crc64,
      contentMd5,
      metadata: readObjectMetadata(lower),
      attributes: readAttributes(lower, found.storageClass),
      lastModified: this.#now(),
      type: 'Normal',
      symlinkTarget: undefined,
      restoration: undefined,
    });
  }

  async #replace(bucket: string, key: string, change: Partial<NewObject>): Promise<void> {
    const found = this.#catalog.bucket(bucket);
    const { kind: _kind, versionId, ...object } = this.#catalog.object(found, key);
    await this.#catalog.putObject(found, { ...object, ...change }, versionId);
  }
}
