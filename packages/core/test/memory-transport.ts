import { createHash } from 'node:crypto';
import {
  type Crc64Operations,
  type DownloadResponse,
  type FinishPartsRequest,
  type GetObjectRequest,
  type Headers,
  type ObjectResponse,
  type ObjectTransport,
  type PartOperations,
  type PutObjectRequest,
  type PutPartRequest,
  type RetryPolicy,
  ServiceError,
  type UploadBody,
} from '../src/index.js';
import { crc64Of, plainCrc64 } from './plain-crc64.js';

/** An object as it is stored. */
export interface StoredObject {
  headers: Record<string, string>;
  bytes: Uint8Array;
  etag: string;
}

interface Upload {
  readonly key: string;
  readonly headers: Headers;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly etag: string }>;
}

export type Operation = 'put' | 'get' | 'head' | 'delete' | 'start' | 'putPart' | 'list' | 'finish' | 'drop';

/** One request, as the transport got it. */
export interface Call {
  readonly operation: Operation;
  readonly key: string;
  readonly headers: Headers;
  readonly partNumber?: number | undefined;
}

/** A transport to a map, with what tests want to see and to spoil. Its members are its own, so that it can be spread. */
export class MemoryTransport implements ObjectTransport {
  readonly objects: Map<string, StoredObject> = new Map();
  readonly uploads: Map<string, Upload> = new Map();
  readonly calls: Call[] = [];
  readonly puts: PutObjectRequest[] = [];
  readonly gets: GetObjectRequest[] = [];
  /** Chunks of this size come down. */
  chunkBytes = 7;
  /** Answers every GET with the whole object. */
  ignoresRange = false;
  /** Changes a response before it is handed out. */
  spoil: (response: DownloadResponse) => DownloadResponse = (response) => response;
  /** Is told of each request before it is served; what it throws is the answer. */
  before: (call: Call) => void | Promise<void> = () => {};
  /** Changes an answer without a body. What it throws is an answer that was lost. */
  after: (call: Call, response: ObjectResponse) => ObjectResponse | Promise<ObjectResponse> = (_, response) =>
    response;
  cancelled = 0;
  /** Whether answers have checksums. */
  givesSums = true;

  bucketName: string | undefined;
  crc64: Crc64Operations | undefined = plainCrc64;
  takesChunksInTurn: boolean | undefined;
  /** Retries without a pause. */
  retry: RetryPolicy | undefined = { retries: 3, sleep: async () => {}, random: () => 0 };
  #serial = 0;

  readonly put = async (request: PutObjectRequest): Promise<ObjectResponse> => {
    this.puts.push(request);
    const call = await this.#called('put', request);
    const bytes = await bytesOf(request.body);
    if (request.headers['x-oss-forbid-overwrite'] === 'true' && this.objects.has(request.key)) throw exists();
    return this.#answer(call, this.#store(request.key, request.headers, bytes));
  };

  readonly get = async (request: GetObjectRequest): Promise<DownloadResponse> => {
    this.gets.push(request);
    await this.#called('get', request);
    const { headers, bytes, etag } = this.#find(request.key);
    const ifMatch = request.headers['if-match'];
    if (ifMatch !== undefined && ifMatch !== etag)
      throw new ServiceError('other ETag', { service: 'OSS', status: 412 });
    const match = this.ignoresRange ? null : /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
    let [first, end] = [0, bytes.length];
    if (match !== null) {
      if (match[1] === '') first = Math.max(0, bytes.length - Number(match[2]));
      else {
        first = Number(match[1]);
        end = match[2] === '' ? bytes.length : Math.min(bytes.length, Number(match[2]) + 1);
      }
      if (first >= bytes.length) throw new ServiceError('out of range', { service: 'OSS', status: 416 });
    }
    const body = bytes.slice(first, end);
    const range = { 'content-range': `bytes ${first}-${end - 1}/${bytes.length}` };
    return this.spoil({
      status: match === null ? 200 : 206,
      headers: {
        ...headers,
        ...(match === null ? {} : range),
        ...this.#sums(bytes),
        'content-length': String(body.length),
        etag,
      },
      chunks: inChunks(body, this.chunkBytes),
      cancel: async () => void this.cancelled++,
    });
  };

  readonly head = async (request: { key: string; headers: Headers }): Promise<ObjectResponse> => {
    const call = await this.#called('head', request);
    const { headers, bytes, etag } = this.#find(request.key);
    const answer = { ...headers, ...this.#sums(bytes), 'content-length': String(bytes.length), etag };
    return this.#answer(call, answer);
  };

  readonly delete = async (request: { key: string; headers: Headers }): Promise<ObjectResponse> => {
    const call = await this.#called('delete', request);
    this.objects.delete(request.key);
    return this.#answer(call, {});
  };

  parts: PartOperations | undefined = {
    start: async (request) => {
      const call = await this.#called('start', request);
      const uploadId = `upload-${++this.#serial}`;
      this.uploads.set(uploadId, { key: request.key, headers: request.headers, parts: new Map() });
      await this.#answer(call, {});
      return { uploadId };
    },
    put: async (request: PutPartRequest) => {
      const call = await this.#called('putPart', request);
      const { parts } = this.#upload(request.uploadId);
      const bytes = await bytesOf(request.body);
      const etag = this.givesSums ? md5TagOf(bytes) : `"part-${++this.#serial}"`;
      parts.set(request.partNumber, { bytes, etag });
      return this.#answer(call, { etag, ...this.#sums(bytes) });
    },
    list: async (request) => {
      await this.#called('list', request);
      return [...this.#upload(request.uploadId).parts].map(([partNumber, { bytes, etag }]) => ({
        partNumber,
        etag,
        sizeBytes: bytes.length,
        crc64: this.givesSums ? crc64Of(bytes) : undefined,
      }));
    },
    finish: async (request: FinishPartsRequest) => {
      const call = await this.#called('finish', request);
      const upload = this.#upload(request.uploadId);
      if (request.headers['x-oss-forbid-overwrite'] === 'true' && this.objects.has(request.key))
        throw exists();
      const bytes = request.parts.map(({ partNumber, etag }, index) => {
        const part = upload.parts.get(partNumber);
        const isLast = index === request.parts.length - 1;
        if (part === undefined || part.etag !== etag || partNumber !== index + 1)
          throw refusal('InvalidPart');
        if (!isLast && part.bytes.length < 100 * 1024) throw refusal('EntityTooSmall');
        return part.bytes;
      });
      const answer = this.#store(request.key, upload.headers, Buffer.concat(bytes));
      this.uploads.delete(request.uploadId);
      return this.#answer(call, answer);
    },
    drop: async (request) => {
      await this.#called('drop', request);
      this.uploads.delete(request.uploadId);
    },
  };

  /** The requests of one operation. */
  callsOf(operation: Operation): Call[] {
    return this.calls.filter((call) => call.operation === operation);
  }

  /** What is stored as `key`. */
  stored(key = 'k'): StoredObject {
    return this.#find(key);
  }

  async #called(
    operation: Operation,
    { key, headers, partNumber }: { key: string; headers: Headers; partNumber?: number },
  ): Promise<Call> {
    const call = { operation, key, headers, partNumber };
    this.calls.push(call);
    await this.before(call);
    return call;
  }

  async #answer(call: Call, headers: Headers): Promise<ObjectResponse> {
    return this.after(call, { status: 200, headers: { 'x-oss-request-id': 'request', ...headers } });
  }

  #store(key: string, headers: Headers, bytes: Uint8Array): Headers {
    const etag = `"${++this.#serial}"`;
    this.objects.set(key, { headers: { ...headers }, bytes: new Uint8Array(bytes), etag });
    return { etag, ...this.#sums(bytes) };
  }

  #sums(bytes: Uint8Array): Headers {
    return this.givesSums ? { 'x-oss-hash-crc64ecma': crc64Of(bytes) } : {};
  }

  #find(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object === undefined) {
      throw new ServiceError('no such key', { service: 'OSS', status: 404, serviceCode: 'NoSuchKey' });
    }
    return object;
  }

  #upload(uploadId: string): Upload {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) {
      throw new ServiceError('no such upload', { service: 'OSS', status: 404, serviceCode: 'NoSuchUpload' });
    }
    return upload;
  }
}

/** The bytes of a body, each chunk copied before the next is asked for. */
async function bytesOf(body: UploadBody): Promise<Uint8Array> {
  if (body.kind === 'bytes') return new Uint8Array(body.bytes);
  const parts: Uint8Array[] = [];
  for await (const chunk of body.chunks) parts.push(new Uint8Array(chunk));
  return Buffer.concat(parts);
}

/** The ETag that OSS gives a part. */
export function md5TagOf(bytes: Uint8Array): string {
  return `"${createHash('md5').update(bytes).digest('hex').toUpperCase()}"`;
}

/** Bytes in chunks that are parts of one buffer. */
export async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

function exists(): ServiceError {
  return new ServiceError('it exists', { service: 'OSS', status: 409, serviceCode: 'FileAlreadyExists' });
}

function refusal(serviceCode: string): ServiceError {
  return new ServiceError(serviceCode, { service: 'OSS', status: 400, serviceCode });
}

/** An answer that says "not now". */
export function busy(): ServiceError {
  return new ServiceError('busy', { service: 'OSS', status: 503, retryable: true });
}
