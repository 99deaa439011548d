import {
  type Headers as HeaderRecord,
  type ObjectTransport,
  type RetryPolicy,
  TransportError,
} from '@oss-envelope/core';
import {
  answerOfFetch,
  type BaseOptions,
  type CompleteObjectTransport,
  explainedFetchFailure,
  functionOption,
  type OssAnswer,
  type OssRequest,
  type Refusal,
  redirectError,
  retryPolicy,
  type SendRequest,
  trueOrFalse,
  wholeNumber,
} from '@oss-envelope/core/adapter';
import { deferredDecimalCrc64 } from '@oss-envelope/crc64';
import { runtimeFetch } from '#runtime-fetch';
import type { FetchFunction } from '../port/fetch-function.js';
import type { BodyToSend } from './body-to-send.js';
import { Exchange } from './exchange.js';
import { fetchFeatures } from './fetch-features.js';
import { requestBody } from './request-body.js';

/** How requests are sent. All have defaults. */
export interface SendingOptions {
  /** Default: the runtime's `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /** How often a request that may be sent again is, at most, besides its first time. Default 3. */
  readonly retries?: number | undefined;
  /**
   * How long no byte may move in either direction before a request is given up, in milliseconds. Default 60,000. A
   * slow source of an upload, or a slow reader of a download, does not count. There is no limit on a whole transfer.
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
  readonly sleep?: RetryPolicy['sleep'] | undefined;
  /** Numbers from 0 up to, not including, 1 that spread the retries. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The names of {@link SendingOptions}. */
export const sendingOptionNames: readonly string[] = [
  'fetch',
  'idleTimeoutMs',
  'maxBufferedUploadBytes',
  'random',
  'retries',
  'sleep',
  'streamsRequests',
];

/** What of a request has to be authorized. */
export type UnauthorizedRequest = Pick<OssRequest, 'method' | 'key' | 'query' | 'headers'>;

/** A request that the server will accept. */
export interface AuthorizedRequest {
  readonly url: string;
  readonly headers: HeaderRecord;
  /** As in `OssAnswer`. */
  readonly remedy?: ((refusal: Refusal) => string | undefined) | undefined;
}

/** Authorizes a request: by signing it, or by asking someone who can. Used concurrently. */
export type Authorize = (request: UnauthorizedRequest, signal: AbortSignal) => Promise<AuthorizedRequest>;

const mebibyte = 1024 * 1024;

/** A transport that also sends what was signed elsewhere. */
export type SendingTransport = CompleteObjectTransport & {
  readonly getByUrl: NonNullable<ObjectTransport['getByUrl']>;
};

/**
 * An object transport that sends by fetch what `authorize` has authorized.
 *
 * @param bucket - the bucket's name, which only copying needs
 * @param create - makes a transport of what sends one request
 * @throws InvalidArgumentError or OutOfRangeError that names the option
 */
export function sendingTransport<Transport extends Omit<SendingTransport, 'bucketView'>>(
  authorize: Authorize,
  options: SendingOptions,
  bucket: string | undefined,
  create: (send: SendRequest, options: BaseOptions) => Transport,
): Transport {
  const fetch = functionOption<FetchFunction>('options.fetch', options.fetch, runtimeFetch);
  const idleTimeoutMs = wholeNumber('options.idleTimeoutMs', options.idleTimeoutMs, { least: 1 }, 60_000);
  const maxBufferedUploadBytes = wholeNumber(
    'options.maxBufferedUploadBytes',
    options.maxBufferedUploadBytes,
    { least: 0 },
    64 * mebibyte,
  );
  const { streamsRequests } = options;
  trueOrFalse('options.streamsRequests', streamsRequests, false);

  async function exchangeOnce(request: OssRequest, exchange: Exchange): Promise<OssAnswer> {
    const { method, key, query } = request;
    const features = fetchFeatures();
    const canStream = streamsRequests ?? features.streamsRequests;
    const sent = await requestBody(request.body, exchange, { canStream, maxBufferedUploadBytes });
    const isStream = sent.body instanceof ReadableStream;
    const length = sent.contentLength === undefined ? {} : { 'content-length': String(sent.contentLength) };
    // Not every runtime sends the length of a stream (Deno and workerd do not), so it cannot be authorized.
    const headers = { ...request.headers, ...(!isStream && length) };
    const authorized: AuthorizedRequest =
      request.url === undefined
        ? await exchange.waitElsewhere(authorize({ method, key, query, headers }, exchange.signal))
        : { url: request.url, headers };
    const init: RequestInit = {
      method,
      // What is compressed on the way loses its length and its CRC-64.
      headers: { 'accept-encoding': 'identity', ...authorized.headers, ...length },
      body: sent.body,
      redirect: 'manual',
      signal: exchange.signal,
      ...sent.init,
      ...features.browserInit,
      ...((method === 'GET' || method === 'HEAD') && features.readingInit),
    };
    let response: Response;
    try {
      response = await exchange.wait(fetch(authorized.url, init), sent.graceMs);
    } catch (error) {
      exchange.throwIfFailed();
      throw await explainedFetchFailure(error);
    }
    exchange.answered();
    if (response.type === 'opaqueredirect') throw redirectError(undefined);
    if (response.ok && !sent.isSent()) {
      // Possible only where the server does not wait for the end of what it is sent.
      throw new TransportError('OSS answered before it had the whole body.', { retryable: false });
    }
    return toAnswer(response, exchange, sent, authorized);
  }

  async function send(request: OssRequest): Promise<OssAnswer> {
    const exchange = new Exchange(request.signal, idleTimeoutMs);
    try {
      return await exchangeOnce(request, exchange);
    } catch (error) {
      exchange.fail(error);
      throw error;
    }
  }

  return create(send, {
    bucket: () => bucket,
    retry: retryPolicy(options),
    documentTimeoutMs: idleTimeoutMs,
    crc64: deferredDecimalCrc64,
  });
}

function toAnswer(
  response: Response,
  exchange: Exchange,
  sent: BodyToSend,
  authorized: AuthorizedRequest,
): OssAnswer {
  const answer = answerOfFetch(response);
  let isOver = false;
  return {
    ...answer,
    async read() {
      if (isOver) return undefined;
      let chunk: Uint8Array | undefined;
      try {
        exchange.throwIfFailed();
        chunk = await exchange.wait(answer.read());
      } catch (error) {
        exchange.fail(error);
        // On a busy machine Deno does not let go of a connection for its signal alone.
        answer.cancel(error as Error);
        exchange.throwIfFailed();
      }
      if (chunk !== undefined) return chunk;
      isOver = true;
      // A refusal may come first: then nothing more of the body is to be sent.
      if (sent.isSent()) exchange.close();
      else exchange.fail(new TransportError('OSS refused the request.', { retryable: false }));
      return undefined;
    },
    cancel(error) {
      if (isOver) return;
      exchange.fail(error);
      answer.cancel(error);
    },
    ...(authorized.remedy && { remedy: authorized.remedy }),
  };
}
