import {
  type DownloadResponse,
  type GetObjectRequest,
  type Headers,
  type ObjectTransport,
  type PutObjectRequest,
  ServiceError,
} from '../src/index.js';

/** An object as it is stored. */
export interface StoredObject {
  headers: Record<string, string>;
  bytes: Uint8Array;
}

/** A transport to a map, with what tests want to see and to spoil. */
export class MemoryTransport implements Partial<ObjectTransport> {
  readonly objects: Map<string, StoredObject> = new Map();
  readonly puts: PutObjectRequest[] = [];
  readonly gets: GetObjectRequest[] = [];
  /** Chunks of this size come down. */
  chunkBytes = 7;
  /** Answers every GET with the whole object. */
  ignoresRange = false;
  /** Changes a response before it is handed out. */
  spoil: (response: DownloadResponse) => DownloadResponse = (response) => response;
  cancelled = 0;

  async put(request: PutObjectRequest): Promise<{ status: number; headers: Headers }> {
    this.puts.push(request);
    const parts: Uint8Array[] = [];
    if (request.body.kind === 'bytes') parts.push(request.body.bytes);
    else for await (const chunk of request.body.chunks) parts.push(Uint8Array.from(chunk));
    this.objects.set(request.key, {
      headers: { ...request.headers },
      bytes: Uint8Array.from(Buffer.concat(parts)),
    });
    return { status: 200, headers: { etag: '"etag"', 'x-oss-request-id': 'request' } };
  }

  async get(request: GetObjectRequest): Promise<DownloadResponse> {
    this.gets.push(request);
    const { headers, bytes } = this.#find(request.key);
    const match = this.ignoresRange ? null : /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
    let [first, end] = [0, bytes.length];
    if (match !== null) {
      if (match[1] === '') first = Math.max(0, bytes.length - Number(match[2]));
      else
        [first, end] = [
          Number(match[1]),
          match[2] === '' ? bytes.length : Math.min(bytes.length, Number(match[2]) + 1),
        ];
      if (first >= bytes.length) throw new ServiceError('out of range', { service: 'OSS', status: 416 });
    }
    const body = bytes.slice(first, end);
    const range = { 'content-range': `bytes ${first}-${end - 1}/${bytes.length}` };
    return this.spoil({
      status: match === null ? 200 : 206,
      headers: {
        ...headers,
        ...(match === null ? {} : range),
        'content-length': String(body.length),
        etag: '"etag"',
      },
      chunks: this.#chunks(body),
      cancel: async () => void this.cancelled++,
    });
  }

  async head(request: { key: string }): Promise<{ status: number; headers: Headers }> {
    const { headers, bytes } = this.#find(request.key);
    return { status: 200, headers: { ...headers, 'content-length': String(bytes.length) } };
  }

  async delete(request: { key: string }): Promise<{ status: number; headers: Headers }> {
    this.objects.delete(request.key);
    return { status: 204, headers: {} };
  }

  #find(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object === undefined)
      throw new ServiceError('no such key', { service: 'OSS', status: 404, serviceCode: 'NoSuchKey' });
    return object;
  }

  async *#chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < bytes.length; offset += this.chunkBytes) {
      yield bytes.subarray(offset, offset + this.chunkBytes);
    }
  }
}
