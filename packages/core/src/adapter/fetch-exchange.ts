import type { Headers as HeaderRecord, UploadBody } from '../contract/object-transport.js';
import { TransportError } from '../errors/errors.js';
import { streamOf } from '../stream/web-stream.js';
import type { OssAnswer } from './oss-request.js';
import { decodeHeaderValue } from './request-headers.js';

/** Chunks of a body that is smaller are left to the collector. */
const leastReleasedBytes = 64 * 1024;

/** What of the options of `fetch` is about the body. TypeScript's declarations do not have `duplex` yet. */
export interface FetchBody {
  readonly body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly duplex?: 'half';
}

/**
 * A body for `fetch`. Each chunk is copied. Fetch reads ahead and does not tell when it is done with a chunk. The
 * memory of a chunk is used again for the next one.
 */
export function fetchBody(body: UploadBody | undefined): FetchBody {
  if (body === undefined) return {};
  if (body.kind === 'bytes') return { body: unsharedBytes(body.bytes) };
  return { body: streamOf(copies(body.chunks)), duplex: 'half' };
}

async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield new Uint8Array(chunk);
}

/** Bytes as fetch takes them: those in shared memory are copied. */
export function unsharedBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

/**
 * The answer of a `fetch`, for `createObjectTransport`. It has no time limit of its own.
 *
 * @param signal - the one that was given to fetch, or that aborts it: a body that it ends fails with its reason
 */
export function answerOfFetch(response: Response, signal?: AbortSignal | undefined): OssAnswer {
  // Of what is small the collector has little to do.
  const isLarge = Number(response.headers.get('content-length')) >= leastReleasedBytes;
  const chunksAreOwned = isLarge && response.body !== null && isByteStream(response.body);
  const reader = response.body?.getReader();
  const encoding = response.headers.get('content-encoding');
  const isDecoded = encoding !== null && encoding !== 'identity';
  let failure: { readonly error: unknown } | undefined;
  return {
    status: response.status,
    headers: headersOf(response),
    isDecoded,
    chunksAreOwned,
    async read() {
      if (failure) throw failure.error;
      let chunk: Uint8Array | undefined;
      try {
        chunk = (await reader?.read())?.value;
      } catch {
        failure ??= { error: signal?.aborted ? signal.reason : brokenBody(isDecoded) };
      }
      // A body that was cancelled ends like one that is whole.
      if (failure) throw failure.error;
      return chunk;
    },
    cancel(error) {
      failure ??= { error };
      reader?.cancel(error).catch(() => {});
    },
  };
}

/**
 * Whether a stream is one of bytes, as the bodies of fetch are. Such a stream takes the memory of each chunk from whoever
 * gives it, and copies it where two read (Streams, ReadableByteStreamControllerEnqueue and ReadableByteStreamTee): so
 * nobody but its reader has it.
 */
function isByteStream(stream: ReadableStream<Uint8Array>): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

function headersOf(response: Response): HeaderRecord {
  const entries: [string, string][] = [];
  response.headers.forEach((value, name) => {
    entries.push([name.toLowerCase(), decodeHeaderValue(value)]);
  });
  return Object.fromEntries(entries);
}

function brokenBody(isDecoded: boolean): TransportError {
  const hint = isDecoded
    ? ' It has a Content-Encoding, which fetch undoes by itself. On Node, use a transport without fetch: it reads the body as it is.'
    : '';
  return new TransportError(`The body broke off. Get the object again.${hint}`, { retryable: true });
}
