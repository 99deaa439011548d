/** Header names in lower case, with their values. */
export type Headers = Readonly<Record<string, string>>;

/** A body on its way up. It says whether its length is known, and whether it can be sent twice. */
export type UploadBody =
  /** All the bytes: a transport may send them again after a failure. They do not change until the call settles. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /**
   * Chunks that come once: never sent again. A chunk is the transport's own until it asks for the next one. An error
   * that the iterator throws is the error that the call rejects with. `sizeBytes` is exact where it is known.
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

/** A whole object to store. */
export interface PutObjectRequest extends ObjectRequest {
  readonly body: UploadBody;
}

/** An object, or by the header `range` a part of it, to fetch. */
export type GetObjectRequest = VersionedRequest;

/** An object to look at, or to delete. */
export type HeadObjectRequest = VersionedRequest;
export type DeleteObjectRequest = VersionedRequest;

/** An object to copy on the server, within the bucket. The metadata directive is one of the `headers`. */
export interface CopyObjectRequest extends ObjectRequest {
  readonly sourceKey: string;
  readonly sourceVersionId?: string | undefined;
}

/** An answer of OSS without a body. */
export interface ObjectResponse {
  readonly status: number;
  /** All response headers, names in lower case. They come from the server: untrusted. */
  readonly headers: Headers;
}

/** An answer of OSS with an object's bytes. */
export interface DownloadResponse extends ObjectResponse {
  /** 200 for a whole object, 206 for the range that the header `content-range` names. */
  readonly status: 200 | 206;
  /**
   * The body's bytes, once. They end without an error only when the body arrived whole. Leaving the iteration early
   * releases the connection.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
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

/** The parts that make up the object, in any order. */
export interface FinishPartsRequest extends UploadRequest {
  readonly parts: readonly StoredPart[];
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
  /** The checksum of all parts' bytes in a row, from those of each. */
  combine(parts: readonly { readonly crc64: string; readonly sizeBytes: number }[]): string;
}

/**
 * Moves objects to and from one bucket of OSS. It knows nothing of encryption.
 *
 * Contract: every method may be called concurrently. A transport may retry what can be sent again; it never sends a
 * body of chunks twice. It compares the CRC-64 (ECMA-182, header `x-oss-hash-crc64ecma`) of what it sent, and of each
 * whole object that it received, with the server's where the server gives one. An abort rejects with `signal.reason`
 * and releases the connection. No error holds bytes of an object, a credential, a signature or a URL's query.
 *
 * @throws ServiceError for an answer other than 2xx (304 and 416 among them)
 * @throws TransportError when the exchange failed, or a body broke off
 * @throws IntegrityError when a CRC-64 differs, or a body is not of its announced length
 */
export interface ObjectTransport {
  /** How the client sums what it downloads in ranges; without it such downloads are not compared with the server's sum. */
  readonly crc64?: Crc64Operations | undefined;
  put(request: PutObjectRequest): Promise<ObjectResponse>;
  get(request: GetObjectRequest): Promise<DownloadResponse>;
  head(request: HeadObjectRequest): Promise<ObjectResponse>;
  /** Deleting what is not there succeeds, as OSS has it. */
  delete(request: DeleteObjectRequest): Promise<ObjectResponse>;
  copy(request: CopyObjectRequest): Promise<ObjectResponse>;
  /** Starts a multipart upload; `headers` are the object's. */
  startParts(request: ObjectRequest): Promise<{ readonly uploadId: string }>;
  putPart(request: PutPartRequest): Promise<StoredPart>;
  /** All parts stored so far, however many pages the server gives them in. */
  listParts(request: UploadRequest): Promise<readonly StoredPart[]>;
  /** Makes the object; compares the combined CRC-64 of the parts with the object's. */
  finishParts(request: FinishPartsRequest): Promise<ObjectResponse>;
  /** Drops the upload and its parts. */
  dropParts(request: UploadRequest): Promise<void>;
}
