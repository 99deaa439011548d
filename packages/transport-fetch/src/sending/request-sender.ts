import {
  type Headers as HeaderRecord,
  OutOfRangeError,
  ServiceError,
  TransportError,
  type UploadBody,
} from '@oss-envelope/core';
import { crc64 } from '@oss-envelope/crc64';
import { BodyReader } from './body-reader.js';
import { ChunkSource } from './chunk-source.js';
import { Exchange } from './exchange.js';
import { fetchFeatures } from './fetch-features.js';
import { checkedHeaders, responseHeaders, wireHeaders } from './header-record.js';
import type { Query } from './query.js';
import { type Refusal, redirectError, refusalOf } from './refusal.js';
import { planRetryDelay, type Sleep, sleep } from './retry-delay.js';
import type { Method } from './signable-request.js';

/** The part of `fetch` that is used. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/** How requests are sent. All have defaults. */
export interface SendingOptions {
  /** Default: the runtime's `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /** How often a request that may be sent again is, at most, besides its first time. Default 3. */
  readonly retries?: number | undefined;
  /**
   * How long no byte may move in either direction before a request is given up, in milliseconds. Default 60,000. A
   * slow source of an upload, or a slow reader of a download, does not count. There is no limit on a whole request.
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * The largest body of chunks, in bytes, that is collected in memory where the runtime cannot stream requests, which
   * no browser can over HTTP/1.1. Default 64 MiB.
   */
  readonly maxBufferedUploadBytes?: number | undefined;
  /** Whether the runtime's `fetch` can stream requests over HTTP/1.1. Default: found out. */
  readonly streamsRequests?: boolean | undefined;
  /** Waits between retries. Default: a timer. */
  readonly sleep?: Sleep | undefined;
  /** Numbers from 0 to 1 that spread the retries. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** A request for an object of the bucket, not signed yet. */
export interface ObjectRequest {
  readonly method: Method;
  readonly key: string;
  readonly query: Query;
  readonly headers: HeaderRecord;
  readonly body?: UploadBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What of a request has to be authorized. */
export type UnauthorizedRequest = Required<Pick<ObjectRequest, 'method' | 'key' | 'query' | 'headers'>>;

/** A request that the server will accept. */
export interface AuthorizedRequest {
  readonly url: string;
  readonly headers: HeaderRecord;
  /** What must never be repeated in an error. */
  readonly secrets: readonly string[];
  /**
   * Learns from a refusal of this request.
   *
   * @returns what was put right, if anything: then the same request, authorized anew, may be accepted
   */
  remedy(refusal: Refusal): string | undefined;
}

/** Authorizes a request: by signing it, or by asking someone who can. Used concurrently. */
export type Authorize = (request: UnauthorizedRequest, signal: AbortSignal) => Promise<AuthorizedRequest>;

/** An answer of 2xx whose body has not been read. */
export interface Answer {
  readonly status: number;
  readonly headers: HeaderRecord;
  readonly response: Response;
  readonly exchange: Exchange;
  /** What was sent: its length in bytes and its CRC-64. */
  readonly sent: SentBody;
}

/** What was sent of a body. */
export interface SentBody {
  readonly sizeBytes: number;
  readonly crc64: bigint;
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'remedied'; readonly error: ServiceError; readonly remedy: string };

interface Payload {
  readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null;
  readonly contentLength: number | undefined;
  /** What the wait for the answer gets on top, since fetch does not show a body of bytes moving. */
  readonly graceMs: number;
}

/** `duplex` is in the Fetch standard, but not yet in TypeScript's declarations of it. */
interface StreamingRequestInit extends RequestInit {
  readonly duplex?: 'half';
}

const mebibyte = 1024 * 1024;
const maxErrorDocumentBytes = 64 * 1024;

/** Bodies up to this size go as one block: a stream would cost more than it shows. */
const blockBytes = 64 * 1024;

/** What of a longer body of bytes is handed to fetch at a time, so that it can be seen moving. */
const sliceBytes = 256 * 1024;

/** The slowest upload that is not held to be idle where it cannot be seen moving: 32 KiB a second. */
const slowestBytesPerMs = 32.768;

function streamOfBytes(bytes: Uint8Array, exchange: Exchange): ReadableStream<Uint8Array> {
  let offsetBytes = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        exchange.moved();
        controller.enqueue(bytes.subarray(offsetBytes, offsetBytes + sliceBytes));
        offsetBytes += sliceBytes;
        if (offsetBytes >= bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Bytes as fetch takes them: not in shared memory. */
function unsharedBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

/** What of a failed fetch may be told: a code such as ECONNREFUSED, but no address and no URL. */
function fetchFailure(error: unknown, method: Method): ServiceError | TransportError {
  const texts: string[] = [];
  let code: string | undefined;
  for (let cause = error; cause instanceof Error && texts.length < 5; cause = cause.cause) {
    texts.push(cause.message);
    if ('code' in cause && typeof cause.code === 'string') {
      texts.push(cause.code);
      if (/^[A-Z][A-Z0-9_]+$/.test(cause.code)) code ??= cause.code;
    }
  }
  // A refused redirect fails like a broken network (Fetch, "HTTP fetch"); the runtimes say so only in their texts.
  if (texts.some((text) => /redirect/i.test(text))) return redirectError(method, undefined);
  return new TransportError(
    `The request could not be sent, or no answer came${code ? ` (${code})` : ''}. Check the endpoint and the network; in a browser also the bucket's CORS rules.`,
    { retryable: true },
  );
}

/** Whether a second try would be refused for the effect of the first, and nobody could tell it from another's. */
function isExclusive({ headers }: ObjectRequest): boolean {
  return Object.entries(headers).some(
    ([name, value]) =>
      name.toLowerCase() === 'x-oss-forbid-overwrite' && value.trim().toLowerCase() === 'true',
  );
}

/** Whether OSS said that it did not serve the request at all. */
function isUnserved(error: ServiceError | TransportError): boolean {
  return error instanceof ServiceError && (error.status === 429 || error.status === 503);
}

function assertWholeNumber(value: number, argument: string, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new OutOfRangeError(argument, `must be a whole number of at least ${least}`);
  }
}

/** Sends requests, and sends them again where that may help and does no harm. */
export class RequestSender {
  readonly #authorize: Authorize;
  readonly #fetch: FetchFunction;
  readonly #retries: number;
  readonly #idleTimeoutMs: number;
  readonly #maxBufferedUploadBytes: number;
  readonly #streamsRequests: boolean | undefined;
  readonly #sleep: Sleep;
  readonly #random: () => number;

  /** @throws OutOfRangeError that names the option */
  constructor(authorize: Authorize, options: SendingOptions) {
    this.#authorize = authorize;
    // Called as a function of the global object: browsers refuse any other receiver.
    this.#fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#retries = options.retries ?? 3;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 60_000;
    this.#maxBufferedUploadBytes = options.maxBufferedUploadBytes ?? 64 * mebibyte;
    this.#streamsRequests = options.streamsRequests;
    this.#sleep = options.sleep ?? sleep;
    this.#random = options.random ?? Math.random;
    assertWholeNumber(this.#retries, 'retries', 0);
    assertWholeNumber(this.#idleTimeoutMs, 'idleTimeoutMs', 1);
    assertWholeNumber(this.#maxBufferedUploadBytes, 'maxBufferedUploadBytes', 0);
  }

  /**
   * Sends a request.
   *
   * @param read - takes the answer in, or hands it on; where it fails by the network, the request is sent again too
   * @param recover - asked about a refusal that may come of an earlier try having had effect: what it gives is the
   * result, unless it is `undefined`
   * @throws ServiceError, TransportError, what the source of the body throws, or the signal's reason
   */
  async send<T>(
    request: ObjectRequest,
    read: (answer: Answer) => Promise<T>,
    recover?: (refusal: ServiceError) => Promise<T | undefined>,
  ): Promise<T> {
    const { body, signal } = request;
    const source = body?.kind === 'chunks' ? new ChunkSource(body.chunks, body.sizeBytes) : undefined;
    const remedies = new Set<string>();
    let retry = 0;
    let mayHaveHadEffect = false;
    try {
      for (;;) {
        signal?.throwIfAborted();
        const outcome = await this.#try(request, source, read);
        if (outcome.kind === 'done') return outcome.value;
        const { error } = outcome;
        if (mayHaveHadEffect && recover && error instanceof ServiceError) {
          const value = await recover(error);
          if (value !== undefined) return value;
        }
        if (source?.isStarted) throw error;
        if (outcome.kind === 'remedied' && !remedies.has(outcome.remedy)) {
          remedies.add(outcome.remedy);
          continue;
        }
        const isRetryable =
          (error instanceof ServiceError || error instanceof TransportError) && error.retryable;
        if (!isRetryable || retry >= this.#retries) throw error;
        if (isExclusive(request) && !isUnserved(error)) throw error;
        const retryAfterMs = outcome.kind === 'failed' ? outcome.retryAfterMs : undefined;
        const delayMs = planRetryDelay(retry, retryAfterMs, this.#random());
        if (delayMs === undefined) throw error;
        mayHaveHadEffect = true;
        retry++;
        await this.#sleep(delayMs, signal);
      }
    } finally {
      source?.release();
    }
  }

  /** One try. Whatever it ends in, nothing of it goes on, except for a body that `read` has handed on. */
  async #try<T>(
    request: ObjectRequest,
    source: ChunkSource | undefined,
    read: (answer: Answer) => Promise<T>,
  ): Promise<Outcome<T>> {
    const exchange = new Exchange(request.signal, this.#idleTimeoutMs);
    try {
      const { payload, authorized, response } = await this.#exchange(request, source, exchange);
      const headers = responseHeaders(response, fetchFeatures().hasTextHeaders);
      if (response.ok) {
        // Possible only where the server does not wait for the end of what it is sent.
        if (source && !source.isDone) {
          throw new TransportError('OSS answered before it had the whole body.', { retryable: false });
        }
        const sent = sentBody(request.body, source);
        const value = await read({ status: response.status, headers, response, exchange, sent });
        return { kind: 'done', value };
      }
      const document = await readErrorDocument(response, exchange);
      if (request.signal?.aborted) throw request.signal.reason;
      const refusal = refusalOf({
        method: request.method,
        status: response.status,
        headers,
        document,
        secrets: authorized.secrets,
      });
      const remedy = authorized.remedy(refusal);
      if (payload.body instanceof ReadableStream) exchange.fail(refusal.error); // stops what is still being sent
      exchange.close();
      return remedy === undefined
        ? { kind: 'failed', error: refusal.error, retryAfterMs: refusal.retryAfterMs }
        : { kind: 'remedied', error: refusal.error, remedy };
    } catch (error) {
      exchange.fail(error);
      return { kind: 'failed', error };
    }
  }

  async #exchange(
    request: ObjectRequest,
    source: ChunkSource | undefined,
    exchange: Exchange,
  ): Promise<{ payload: Payload; authorized: AuthorizedRequest; response: Response }> {
    const { method, key, query } = request;
    const payload = await this.#payload(request.body, source, exchange);
    const isStream = payload.body instanceof ReadableStream;
    const length =
      payload.contentLength === undefined ? {} : { 'content-length': String(payload.contentLength) };
    // Not every runtime sends the length of a stream (Deno and workerd do not), so it cannot be authorized.
    const headers = { ...checkedHeaders(request.headers), ...(!isStream && length) };
    const authorized = await exchange.waitElsewhere(
      this.#authorize({ method, key, query, headers }, exchange.signal),
    );
    const features = fetchFeatures();
    const init: StreamingRequestInit = {
      method,
      // OSS compresses some types on the fly, which would cost an object its length and its CRC-64.
      headers: wireHeaders(
        { 'accept-encoding': 'identity', ...authorized.headers, ...length },
        features.hasTextHeaders,
      ),
      body: payload.body,
      redirect: isStream ? features.streamRedirect : 'manual',
      signal: exchange.signal,
      ...(isStream && { duplex: 'half' }),
      ...features.browserInit,
      ...((method === 'GET' || method === 'HEAD') && features.readingInit),
    };
    let response: Response;
    try {
      response = await exchange.wait(this.#fetch(authorized.url, init), payload.graceMs);
    } catch (error) {
      exchange.throwIfFailed();
      throw fetchFailure(error, method);
    }
    exchange.answered();
    const isRedirect = response.status >= 300 && response.status < 400 && response.status !== 304;
    if (isRedirect || response.type === 'opaqueredirect') {
      response.body?.cancel().catch(() => {});
      const requestId = response.headers.get('x-oss-request-id') ?? undefined;
      throw redirectError(method, response.status || undefined, requestId);
    }
    return { payload, authorized, response };
  }

  #payload(
    body: UploadBody | undefined,
    source: ChunkSource | undefined,
    exchange: Exchange,
  ): Payload | Promise<Payload> {
    const canStream = this.#streamsRequests ?? fetchFeatures().streamsRequests;
    if (source) return this.#payloadOfChunks(source, exchange, canStream);
    return body?.kind === 'bytes'
      ? payloadOfBytes(unsharedBytes(body.bytes), exchange, canStream)
      : { body: null, contentLength: undefined, graceMs: 0 };
  }

  async #payloadOfChunks(source: ChunkSource, exchange: Exchange, canStream: boolean): Promise<Payload> {
    const isBlock = source.announcedBytes !== undefined && source.announcedBytes <= blockBytes;
    if (canStream && !isBlock) {
      return { body: source.stream(exchange), contentLength: source.announcedBytes, graceMs: 0 };
    }
    const limitBytes = isBlock ? blockBytes : this.#maxBufferedUploadBytes;
    const bytes = await exchange.waitElsewhere(source.collect(limitBytes));
    return payloadOfBytes(bytes, exchange, canStream);
  }
}

function payloadOfBytes(bytes: Uint8Array<ArrayBuffer>, exchange: Exchange, canStream: boolean): Payload {
  const contentLength = bytes.length;
  return canStream && bytes.length > sliceBytes
    ? { body: streamOfBytes(bytes, exchange), contentLength, graceMs: 0 }
    : { body: bytes, contentLength, graceMs: Math.ceil(bytes.length / slowestBytesPerMs) };
}

function sentBody(body: UploadBody | undefined, source: ChunkSource | undefined): SentBody {
  if (source) return { sizeBytes: source.takenBytes, crc64: source.crc64 };
  const bytes = body?.kind === 'bytes' ? body.bytes : new Uint8Array();
  return { sizeBytes: bytes.length, crc64: crc64(bytes) };
}

/** What there is of an error's document. The status says the most, so a body that breaks off does not matter. */
async function readErrorDocument(response: Response, exchange: Exchange): Promise<string> {
  try {
    return await new BodyReader(response, exchange).text(maxErrorDocumentBytes);
  } catch {
    return '';
  }
}
