import type { BucketView } from './bucket-view.js';
import type { Headers } from './headers.js';

export type { Headers } from './headers.js';

/** A body on its way up. */
export type UploadBody =
  /** All the bytes: a transport may send them again after a failure. They do not change until the call settles. */
  | {
      readonly kind: 'bytes';
      readonly bytes: Uint8Array;
      /**
       * Called with the number of bytes that the network has taken, where that is known. It starts at 0 again when the
       * bytes are sent again.
       */
      readonly onSent?: ((sentBytes: number) => void) | undefined;
    }
  /**
   * Chunks that come once: never sent again. An error that the iterator throws is the error that the call rejects with.
   * `sizeBytes` is exact where it is known; the client counts, and fails the iteration when it turns out to be wrong.
   */
  | {
      readonly kind: 'chunks';
      readonly sizeBytes: number | undefined;
      readonly chunks: AsyncIterable<Uint8Array>;
    };

interface ObjectRequest {
  readonly key: string;
  /** Headers to send: metadata, content type, conditions, range. A transport adds those of its protocol, and signs. */
  readonly headers: Headers;
  readonly signal?: AbortSignal | undefined;
}

interface VersionedRequest extends ObjectRequest {
  readonly versionId?: string | undefined;
}

/** Who may read or write an object; `default` is what the bucket's own says (OSS documentation, "Object ACLs"). */
export type ObjectAcl = 'default' | 'private' | 'public-read' | 'public-read-write';

/** The tags of an object, names and values. */
export type ObjectTags = Readonly<Record<string, string>>;

/** A whole object to store. */
export interface PutObjectRequest extends ObjectRequest {
  readonly body: UploadBody;
}

/** An object, or by the header `range` a part of it, to fetch. */
export type GetObjectRequest = VersionedRequest;

/** An object to look at, or to delete. */
export type HeadObjectRequest = VersionedRequest;
export type DeleteObjectRequest = VersionedRequest;

/** An object whose ACL or tags are asked for: neither is in the headers of HEAD. */
export type ObjectAclRequest = VersionedRequest;
export type ObjectTagsRequest = VersionedRequest;

/** An object to copy on the server, within the bucket. The metadata directive is one of the `headers`. */
export interface CopyObjectRequest extends ObjectRequest {
  readonly sourceKey: string;
  readonly sourceVersionId?: string | undefined;
}

/** An answer of OSS without an object. */
export interface ObjectResponse {
  readonly status: number;
  /** All response headers, names in lower case. They come from the server: untrusted. */
  readonly headers: Headers;
  /** The text of the body of an answer to `put` or `parts.finish`: with a callback, what its server answered. */
  readonly document?: string | undefined;
}

/** An answer of OSS with an object's bytes. */
export interface DownloadResponse extends ObjectResponse {
  /** 200 for a whole object, 206 for the range that the header `content-range` names. */
  readonly status: 200 | 206;
  /**
   * The body's bytes, once. They end without an error only when the body arrived whole, as far as the protocol tells.
   * Leaving the iteration early releases the connection.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
  /**
   * Whether the runtime has undone a Content-Encoding, so that the announced length is not that of the chunks. `fetch`
   * does so without being asked.
   */
  readonly isDecoded?: boolean | undefined;
  /** Whether nobody else has the memory of a chunk, so that who is done with it may free it. */
  readonly chunksAreOwned?: boolean | undefined;
  /** Releases the connection of a body that nobody iterates. Safe to call at any time, more than once. */
  cancel(): Promise<void>;
}

/** A multipart upload that is under way. */
export interface UploadRequest extends ObjectRequest {
  readonly uploadId: string;
}

/** One part of a multipart upload. */
export interface PutPartRequest extends UploadRequest {
  /** 1 to 10,000. */
  readonly partNumber: number;
  readonly body: UploadBody;
}

/** A part as it is stored. */
export interface StoredPart {
  readonly partNumber: number;
  /** The part's ETag as the server gave it. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** CRC-64/XZ of the part's stored bytes, in decimal, where it is known. */
  readonly crc64?: string | undefined;
}

/** The parts that make up the object, by ascending number. */
export interface FinishPartsRequest extends UploadRequest {
  readonly parts: readonly Pick<StoredPart, 'partNumber' | 'etag'>[];
}

/** One page of a list of objects (OSS documentation, "ListObjectsV2"). */
export interface ListObjectsRequest {
  readonly prefix?: string | undefined;
  /** Keys that share what stands before it are given as one common prefix. */
  readonly delimiter?: string | undefined;
  /** Only keys behind this one. */
  readonly startAfter?: string | undefined;
  /** Goes on where an earlier page ended. */
  readonly continuationToken?: string | undefined;
  /** 1 to 1000; the server's default is 100. */
  readonly maxKeys?: number | undefined;
  readonly headers: Headers;
  readonly signal?: AbortSignal | undefined;
}

/** An object in a list. Lists have no user metadata, and so no envelopes. */
export interface ListedObject {
  readonly key: string;
  /** The size of what is stored. */
  readonly sizeBytes: number;
  readonly etag: string;
  readonly lastModified: Date | undefined;
  readonly storageClass: string | undefined;
}

/** What one page holds. */
export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  readonly commonPrefixes: readonly string[];
  /** Undefined for the last page. */
  readonly nextContinuationToken: string | undefined;
}

/** Objects to delete in one request (OSS documentation, "DeleteMultipleObjects"). */
export interface DeleteObjectsRequest {
  /** 1 to 1000, each once. */
  readonly keys: readonly string[];
  readonly headers: Headers;
  readonly signal?: AbortSignal | undefined;
}

/** An object that was not deleted, by what the server says. */
export interface RefusedDeletion {
  readonly key: string;
  /** The server's code, such as `AccessDenied`; undefined where it only leaves the key out of what it deleted. */
  readonly serviceCode: string | undefined;
}

/** A request on one object to be signed, for someone without credentials to send. */
export interface PresignRequest extends VersionedRequest {
  readonly method: 'GET' | 'PUT';
  /** 1 to 604,800 (a week). */
  readonly expiresSeconds: number;
}

/** A request that whoever has it may send, until it expires. */
export interface PresignedUrl {
  /** A secret: it grants access. */
  readonly url: string;
  readonly method: 'GET' | 'PUT';
  /** The headers that are signed in. The request has to carry them as they are. */
  readonly headers: Headers;
  /** When it expires; when the credentials do, if that is sooner and known. */
  readonly expiresAt: Date;
}

/** A presigned request for an object's bytes, made by whoever has credentials. */
export interface GetByUrlRequest {
  /** `https:` or `http:`; sent as it is. */
  readonly url: string;
  /** Headers to send: those that are signed in, conditions, range. */
  readonly headers: Headers;
  readonly signal?: AbortSignal | undefined;
}

/** A CRC-64/XZ of the bytes so far, in decimal text as the headers of OSS have it. */
export interface RunningCrc64 {
  update(bytes: Uint8Array): void;
  digest(): string;
}

/** CRC-64/XZ (ECMA-182, reflected), the checksum of OSS. */
export interface Crc64Operations {
  /** A running checksum, of nothing yet. */
  create(): RunningCrc64;
  /** The checksum of all parts together, made from the checksum of each part. */
  combine(parts: readonly { readonly crc64: string; readonly sizeBytes: number }[]): string;
}

/** How often, and after which pauses, a request is sent again. */
export interface RetryPolicy {
  /** How many times at most, besides the first; 0 or more. */
  readonly retries: number;
  /** Waits for so many milliseconds. Rejects with the signal's reason when it aborts. */
  readonly sleep: (delayMs: number, signal: AbortSignal | undefined) => Promise<unknown>;
  /** A number from 0 up to, not including, 1: it spreads the pauses. */
  readonly random: () => number;
}

/** The steps of a multipart upload. */
export interface PartOperations {
  /** Starts an upload; `headers` are the object's. */
  start(request: ObjectRequest): Promise<{ readonly uploadId: string }>;
  /** Stores one part. The answer has the part's `etag` among its headers. */
  put(request: PutPartRequest): Promise<ObjectResponse>;
  /** All parts stored so far, however many pages the server gives them in: at most 10,000. */
  list(request: UploadRequest): Promise<readonly StoredPart[]>;
  /** Makes the object. Succeeds only when the server said so: with a result document, not with an error in a 200. */
  finish(request: FinishPartsRequest): Promise<ObjectResponse>;
  /** Drops the upload and its parts. Dropping what is gone succeeds. */
  drop(request: UploadRequest): Promise<void>;
}

/**
 * Moves objects to and from one bucket of OSS. It knows nothing of encryption.
 *
 * `put`, `get`, `head` and `delete` are what a transport must have. The rest is optional; a call that needs what is
 * missing fails with `CapabilityMissingError`, which names it.
 *
 * Contract: every method may be called at the same time. A transport may send again what can be; it never sends a body
 * of chunks twice. It hands on all headers of an answer as they came: the client compares lengths and checksums, for
 * all transports. An abort rejects with `signal.reason` and releases the connection. No error holds bytes of an
 * object, a credential, a signature or a URL's query.
 *
 * @throws ServiceError for an answer other than 2xx (304 and 416 among them)
 * @throws TransportError when the exchange failed, or a body broke off
 */
export interface ObjectTransport {
  /** The name of the bucket, for error messages. */
  readonly bucketName?: string | undefined;
  /** How the client computes the checksum of what it sends and receives. Without it, no checksum is compared. */
  readonly crc64?: Crc64Operations | undefined;
  /**
   * Whether the transport is done with a chunk of a body when it asks for the next one. Only then is the memory of an
   * encrypted chunk freed at once; leave it out for anything that reads ahead, such as a stream made of the chunks.
   */
  readonly takesChunksInTurn?: boolean | undefined;
  /** The client uses it when it sends content again, under a new key. Default: three times at most. */
  readonly retry?: RetryPolicy | undefined;
  put(request: PutObjectRequest): Promise<ObjectResponse>;
  get(request: GetObjectRequest): Promise<DownloadResponse>;
  head(request: HeadObjectRequest): Promise<ObjectResponse>;
  /** Succeeds when there is no such object, as in OSS. */
  delete(request: DeleteObjectRequest): Promise<ObjectResponse>;
  readonly parts?: PartOperations | undefined;
  readonly copy?: ((request: CopyObjectRequest) => Promise<ObjectResponse>) | undefined;
  readonly list?: ((request: ListObjectsRequest) => Promise<ObjectPage>) | undefined;
  /**
   * Deletes several objects in one request; what is not there counts as deleted. Resolves to those that were not. The
   * client deletes one by one where it is missing.
   */
  readonly deleteMany?: ((request: DeleteObjectsRequest) => Promise<readonly RefusedDeletion[]>) | undefined;
  /** Signs a request without sending it. All of its headers are signed in, as far as the signature can. */
  readonly presign?: ((request: PresignRequest) => Promise<PresignedUrl>) | undefined;
  /** Sends a request that was signed elsewhere, as it is. A redirect is not followed. */
  readonly getByUrl?: ((request: GetByUrlRequest) => Promise<DownloadResponse>) | undefined;
  /** The object's own ACL (GetObjectACL), which a copy does not carry. */
  readonly acl?: ((request: ObjectAclRequest) => Promise<ObjectAcl>) | undefined;
  /** The object's tags (GetObjectTagging), which an object that is written anew does not have. */
  readonly tags?: ((request: ObjectTagsRequest) => Promise<ObjectTags>) | undefined;
  /** The bucket's rules, its versions and its open uploads. Nothing of the client needs it: it is for who changes whole buckets. */
  readonly bucketView?: BucketView | undefined;
}
