import {
  assertObjectKey,
  type CopyObjectRequest,
  type DeleteObjectRequest,
  type DownloadResponse,
  type FinishPartsRequest,
  type GetObjectRequest,
  type Headers,
  type HeadObjectRequest,
  IntegrityError,
  InvalidArgumentError,
  type ObjectResponse,
  type ObjectTransport,
  OutOfRangeError,
  type PartOperations,
  type PutObjectRequest,
  type PutPartRequest,
  ServiceError,
  type StoredPart,
  TransportError,
  type UploadBody,
  type UploadRequest,
} from '@oss-envelope/core';
import { decimalCrc64, parseCrc64 } from '@oss-envelope/crc64';
import {
  type AliOssClient,
  type AliOssRequest,
  type InnerAliOssClient,
  openAliOssClient,
} from './ali-oss-client.js';
import { createDownload } from './download.js';
import { HttpExchange } from './http-exchange.js';
import { formatCompletion, parsePartsPage, parseUploadId } from './multipart-xml.js';
import { copyRequestHeaders } from './request-headers.js';
import { createRequestSigner, type RequestSigner } from './request-signer.js';
import { type Repeatability, type RetryOptions, sleepByClock, withRetries } from './retry.js';
import { createServiceFailure, readServiceFailure } from './service-failure.js';
import { untilAborted } from './until-aborted.js';
import { UploadMeter } from './upload-meter.js';

/** How requests are sent; all have defaults. */
export interface AliOssTransportOptions {
  /**
   * How long a request may wait for the network without any progress, in milliseconds; 1 to 2^31 - 1. Default 60,000. A
   * transfer that makes progress may take any time: the client's own `timeout` is not used.
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * How many times a request that can be repeated is sent again after a passing failure; 0 or more. Default 2. The
   * client's own `retryMax` is not used. Bodies of chunks are never sent again.
   */
  readonly retries?: number | undefined;
  /** Waits between the attempts. Default: the system's clock. */
  readonly sleep?: ((delayMs: number, signal: AbortSignal | undefined) => Promise<unknown>) | undefined;
  /** A number of 0 to 1, exclusive, for the length of those waits. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** A request before it is signed. */
interface OutgoingRequest {
  readonly method: AliOssRequest['method'];
  readonly key: string;
  readonly headers: Headers;
  readonly subres?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: UploadBody | undefined;
  readonly signal: AbortSignal | undefined;
}

/** An exchange whose answer is 2xx, with what was sent. */
interface Served {
  readonly exchange: HttpExchange;
  readonly meter: UploadMeter | undefined;
}

const maxAnswerBytes = 4 * 1024 * 1024;
const partsPerPage = 1000;
const maxParts = 10_000;

/**
 * Moves objects to and from the bucket of an ali-oss client. The client signs, refreshes its STS token, and knows the
 * endpoint and the agents; its bucket may be changed by `useBucket` at any time.
 *
 * @example
 * const client = new OSS({ region: 'oss-cn-hangzhou', accessKeyId, accessKeySecret, bucket: 'photos', secure: true });
 * const bucket = new EncryptedBucket({ transport: aliOssTransport(client), provider, format: 'oss-crypto' });
 *
 * @throws InvalidArgumentError when `client` is no client of ali-oss 6, or sends its requests by a proxy or a urllib
 *   of its own
 * @throws OutOfRangeError for an option out of its range
 */
export function aliOssTransport(client: AliOssClient, options: AliOssTransportOptions = {}): ObjectTransport {
  return new AliOssTransport(openAliOssClient(client), options);
}

class AliOssTransport implements ObjectTransport {
  readonly crc64 = decimalCrc64;
  readonly takesChunksInTurn = true;
  readonly parts: PartOperations = {
    start: (request) => this.#startParts(request),
    put: (request) => this.#putPart(request),
    list: (request) => this.#listParts(request),
    finish: (request) => this.#finishParts(request),
    drop: (request) => this.#dropParts(request),
  };
  readonly #client: InnerAliOssClient;
  readonly #sign: RequestSigner;
  readonly #idleTimeoutMs: number;
  readonly #retry: RetryOptions;

  constructor(client: InnerAliOssClient, options: AliOssTransportOptions) {
    const { idleTimeoutMs = 60_000, retries = 2, sleep = sleepByClock, random = Math.random } = options;
    if (!(Number.isInteger(idleTimeoutMs) && idleTimeoutMs >= 1 && idleTimeoutMs < 2 ** 31)) {
      throw new OutOfRangeError(
        'options.idleTimeoutMs',
        'must be a whole number of milliseconds, 1 to 2^31 - 1',
      );
    }
    if (!(Number.isSafeInteger(retries) && retries >= 0)) {
      throw new OutOfRangeError('options.retries', 'must be a whole number, 0 or more');
    }
    this.#client = client;
    this.#sign = createRequestSigner(client);
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#retry = { retries, sleep, random };
  }

  async put({ key, headers, body, signal }: PutObjectRequest): Promise<ObjectResponse> {
    const request = { method: 'PUT', key, headers: asBinary(headers), body, signal } as const;
    return this.#attempt(request, uploadRepeatability(request), async ({ exchange, meter }) => {
      const response = await settle(exchange);
      meter?.verify(response.headers[crcHeader], 'object');
      return response;
    });
  }

  async get({ key, headers, versionId, signal }: GetObjectRequest): Promise<DownloadResponse> {
    const request = { method: 'GET', key, headers, subres: versionQuery(versionId), signal } as const;
    return this.#attempt(request, 'always', async ({ exchange }) => {
      const { status } = exchange;
      if (status === 200 || status === 206) return createDownload(exchange, status);
      exchange.close();
      throw new TransportError(`OSS answered a download with HTTP ${status}. Check the endpoint.`, {
        retryable: false,
      });
    });
  }

  async head({ key, headers, versionId, signal }: HeadObjectRequest): Promise<ObjectResponse> {
    const request = { method: 'HEAD', key, headers, subres: versionQuery(versionId), signal } as const;
    return this.#attempt(request, 'always', ({ exchange }) => settle(exchange));
  }

  async delete({ key, headers, versionId, signal }: DeleteObjectRequest): Promise<ObjectResponse> {
    const request = { method: 'DELETE', key, headers, subres: versionQuery(versionId), signal } as const;
    // Without a version id a versioned bucket gets one more delete marker each time, which changes nothing to see.
    return this.#attempt(request, 'always', ({ exchange }) => settle(exchange));
  }

  async copy(request: CopyObjectRequest): Promise<ObjectResponse> {
    const { key, sourceKey, sourceVersionId, signal } = request;
    assertObjectKey(sourceKey, 'sourceKey');
    const version = sourceVersionId === undefined ? '' : `?versionId=${encodeURIComponent(sourceVersionId)}`;
    const headers = {
      ...asBinary(request.headers),
      'x-oss-copy-source': `/${this.#bucket()}/${encodeURIComponent(sourceKey)}${version}`,
    };
    const outgoing = { method: 'PUT', key, headers, signal } as const;
    return this.#attempt(outgoing, uploadRepeatability(outgoing), async ({ exchange }) => {
      const { status, headers: answered } = exchange;
      await this.#parse(exchange, 'CopyObject');
      return { status, headers: answered };
    });
  }

  async #startParts({ key, headers, signal }: Parameters<PartOperations['start']>[0]): Promise<{
    readonly uploadId: string;
  }> {
    const request = {
      method: 'POST',
      key,
      headers: asBinary(headers),
      subres: { uploads: '' },
      signal,
    } as const;
    return this.#attempt(request, 'unserved', async ({ exchange }) => ({
      uploadId: parseUploadId(await this.#parse(exchange, 'InitiateMultipartUpload')),
    }));
  }

  async #putPart({
    key,
    headers,
    uploadId,
    partNumber,
    body,
    signal,
  }: PutPartRequest): Promise<ObjectResponse> {
    if (!(Number.isInteger(partNumber) && partNumber >= 1 && partNumber <= maxParts)) {
      throw new OutOfRangeError('partNumber', `must be a whole number of 1 to ${maxParts}`);
    }
    const subres = { partNumber: String(partNumber), uploadId };
    const request = { method: 'PUT', key, headers: asBinary(headers), subres, body, signal } as const;
    return this.#attempt(request, uploadRepeatability(request), async ({ exchange, meter }) => {
      const response = await settle(exchange);
      meter?.verify(response.headers[crcHeader], 'part');
      return response;
    });
  }

  async #listParts({ key, headers, uploadId, signal }: UploadRequest): Promise<readonly StoredPart[]> {
    const parts: StoredPart[] = [];
    let marker: number | undefined = 0;
    while (marker !== undefined) {
      const after: number = marker;
      const request = {
        method: 'GET',
        key,
        headers,
        subres: { uploadId },
        // ali-oss 6.23 with V1 signs `subres`, and OSS does not count these two among it.
        query: { 'max-parts': String(partsPerPage), 'part-number-marker': String(after) },
        signal,
      } as const;
      const page = await this.#attempt(request, 'always', async ({ exchange }) =>
        parsePartsPage(await this.#parse(exchange, 'ListParts'), after),
      );
      parts.push(...page.parts);
      marker = page.nextMarker;
    }
    return parts;
  }

  async #finishParts(request: FinishPartsRequest): Promise<ObjectResponse> {
    const { key, headers, uploadId, signal } = request;
    const parts = [...request.parts].sort((a, b) => a.partNumber - b.partNumber);
    const body: UploadBody = { kind: 'bytes', bytes: new TextEncoder().encode(formatCompletion(parts)) };
    const outgoing = {
      method: 'POST',
      key,
      headers: { ...headers, 'content-type': 'application/xml' },
      subres: { uploadId },
      body,
      signal,
    } as const;
    return this.#attempt(outgoing, 'unserved', async ({ exchange }) => {
      const { status, headers: answered } = exchange;
      await this.#parse(exchange, 'CompleteMultipartUpload');
      const expected = combinedCrc64(parts);
      const stored = answered[crcHeader];
      if (expected !== undefined && stored !== undefined && parseCrc64(stored) !== expected) {
        throw new IntegrityError(
          'OSS made an object with another CRC-64 than that of its parts. Consider the object on the server as bad: store ' +
            'it again, or delete it.',
        );
      }
      return { status, headers: answered };
    });
  }

  async #dropParts({ key, headers, uploadId, signal }: UploadRequest): Promise<void> {
    const request = { method: 'DELETE', key, headers, subres: { uploadId }, signal } as const;
    let attempts = 0;
    await this.#attempt(
      request,
      'always',
      async ({ exchange }) => {
        await settle(exchange);
      },
      () => {
        attempts += 1;
      },
    ).catch((error: unknown) => {
      // The answer to an earlier attempt was lost.
      if (attempts > 1 && error instanceof ServiceError && error.serviceCode === 'NoSuchUpload') return;
      throw error;
    });
  }

  /** Sends a request, again if need be, and takes its answer. */
  async #attempt<T>(
    request: OutgoingRequest,
    repeatability: Repeatability,
    take: (served: Served) => Promise<T>,
    onAttempt: () => void = () => {},
  ): Promise<T> {
    const { signal } = request;
    assertObjectKey(request.key);
    const headers = copyRequestHeaders(request.headers);
    return withRetries(
      async () => {
        onAttempt();
        return take(await this.#send({ ...request, headers }));
      },
      repeatability,
      this.#retry,
      signal,
    );
  }

  /** @throws ServiceError when the answer is not 2xx */
  async #send({ method, key, headers, subres, query, body, signal }: OutgoingRequest): Promise<Served> {
    signal?.throwIfAborted();
    const bucket = this.#bucket();
    const signed = await untilAborted(
      this.#sign({ method, bucket, object: key, headers, subres, query }),
      signal,
    );
    const meter = body && new UploadMeter(body);
    // A body of unknown length goes out chunked. An exact length, 0 included, is not among what is signed.
    const length = meter?.sizeBytes === undefined ? {} : { 'content-length': String(meter.sizeBytes) };
    const exchange = await HttpExchange.open(
      { ...signed, headers: { ...signed.headers, ...length } },
      body && meter && { body, meter },
      { signal, idleTimeoutMs: this.#idleTimeoutMs },
    );
    if (exchange.status >= 200 && exchange.status < 300) return { exchange, meter };
    throw await readServiceFailure(exchange, (xml) => this.#client.parseXML(xml), signal);
  }

  #bucket(): string {
    const { bucket } = this.#client.options;
    if (bucket) return bucket;
    throw new InvalidArgumentError('client', 'must have a bucket: give it the option `bucket`');
  }

  /**
   * The XML of an answer.
   *
   * @throws ServiceError when it tells of an error in spite of the status
   */
  async #parse(exchange: HttpExchange, operation: string): Promise<unknown> {
    const { status, headers } = exchange;
    const text = await exchange.text(maxAnswerBytes);
    // The parser's error would show the text.
    const answer = await this.#client.parseXML(text).catch(() => undefined);
    if (typeof answer !== 'object' || answer === null) {
      throw new TransportError(`The answer to ${operation} is not XML. Check the endpoint.`, {
        retryable: false,
      });
    }
    if ('Code' in answer) throw createServiceFailure(status, headers, answer);
    return answer;
  }
}

const crcHeader = 'x-oss-hash-crc64ecma';

/** Otherwise ali-oss would guess a type from the key, and tell it of what is encrypted. */
function asBinary(headers: Headers): Headers {
  return { 'content-type': 'application/octet-stream', ...headers };
}

function versionQuery(versionId: string | undefined): Record<string, string> | undefined {
  return versionId === undefined ? undefined : { versionId };
}

/** Of a request that stores something. With x-oss-forbid-overwrite a second one would be refused because of the first. */
function uploadRepeatability(request: {
  readonly headers: Headers;
  readonly body?: UploadBody;
}): Repeatability {
  if (request.body?.kind === 'chunks') return 'never';
  return request.headers['x-oss-forbid-overwrite'] === 'true' ? 'unserved' : 'always';
}

/** Reads an answer that is only its head to its end. */
async function settle(exchange: HttpExchange): Promise<ObjectResponse> {
  const { status, headers } = exchange;
  await exchange.text(maxAnswerBytes);
  return { status, headers };
}

/** CRC-64 of the parts one after the other; undefined when that of one is not known. */
function combinedCrc64(parts: readonly Partial<StoredPart>[]): bigint | undefined {
  if (!parts.every(hasCrc64)) return undefined;
  return parseCrc64(decimalCrc64.combine(parts));
}

function hasCrc64(part: Partial<StoredPart>): part is StoredPart & { readonly crc64: string } {
  return part.crc64 !== undefined;
}
