import { OutOfRangeError, type UploadBody } from '@oss-envelope/core';
import { unsharedBytes } from '@oss-envelope/core/adapter';
import type { Exchange } from './exchange.js';

/** A body as fetch takes it. */
export interface RequestBody {
  readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null;
  readonly contentLength: number | undefined;
  /** What the wait for the answer gets on top, since fetch does not show a body of bytes moving, in milliseconds. */
  readonly graceMs: number;
  /** Whether all of it was handed to fetch. */
  isSent(): boolean;
}

/** What bodies depend on. */
export interface BodyOptions {
  /** Whether a stream may be a request's body. */
  readonly canStream: boolean;
  /** The largest body of chunks, in bytes, that is collected where it cannot be streamed. */
  readonly maxBufferedUploadBytes: number;
}

/** Bodies up to this size go as one block: a stream would cost more than it shows. */
const blockBytes = 64 * 1024;

/** What of a longer body of bytes is handed to fetch at a time, so that it can be seen moving. */
const sliceBytes = 256 * 1024;

/** The slowest upload that is not held to be idle where it cannot be seen moving: 32 KiB a second. */
const slowestBytesPerMs = 32.768;

const nothing: RequestBody = { body: null, contentLength: undefined, graceMs: 0, isSent: () => true };

/**
 * Makes a body for one try. A source that fails, here or later, fails the exchange with its error.
 *
 * @throws OutOfRangeError for chunks that have to be collected, and are more than `maxBufferedUploadBytes`
 */
export async function requestBody(
  body: UploadBody | undefined,
  exchange: Exchange,
  { canStream, maxBufferedUploadBytes }: BodyOptions,
): Promise<RequestBody> {
  if (body === undefined) return nothing;
  if (body.kind === 'bytes') return bodyOfBytes(unsharedBytes(body.bytes), exchange, canStream);
  const isBlock = body.sizeBytes !== undefined && body.sizeBytes <= blockBytes;
  if (canStream && !isBlock) return streamOfChunks(body.chunks, body.sizeBytes, exchange);
  if ((body.sizeBytes ?? 0) > maxBufferedUploadBytes) throw tooLarge(maxBufferedUploadBytes);
  const bytes = await exchange.waitElsewhere(collect(body.chunks, maxBufferedUploadBytes));
  return bodyOfBytes(bytes, exchange, canStream);
}

function bodyOfBytes(bytes: Uint8Array<ArrayBuffer>, exchange: Exchange, canStream: boolean): RequestBody {
  const contentLength = bytes.length;
  if (!canStream || bytes.length <= sliceBytes) {
    const graceMs = Math.ceil(bytes.length / slowestBytesPerMs);
    return { body: bytes, contentLength, graceMs, isSent: () => true };
  }
  let offsetBytes = 0;
  const body = new ReadableStream<Uint8Array>(
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
  return { body, contentLength, graceMs: 0, isSent: () => offsetBytes >= bytes.length };
}

function streamOfChunks(
  chunks: AsyncIterable<Uint8Array>,
  sizeBytes: number | undefined,
  exchange: Exchange,
): RequestBody {
  const iterator = chunks[Symbol.asyncIterator]();
  let takenBytes = 0;
  let isDone = false;
  // A default stream with `pull`: fetch takes byte streams and async iterables at less than half the speed (Node 20).
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        // A try that is over must not take what the next one sends.
        exchange.throwIfFailed();
        exchange.pause();
        let copy: Uint8Array | undefined;
        try {
          const result = await iterator.next();
          // A copy, since fetch does not tell when it has let go of a chunk.
          if (!result.done) copy = new Uint8Array(result.value);
        } catch (error) {
          exchange.fail(error);
        }
        // A stream that only ended would make whole what was broken off.
        exchange.throwIfFailed();
        exchange.resume();
        takenBytes += copy?.length ?? 0;
        isDone = copy === undefined || takenBytes === sizeBytes;
        try {
          if (copy) controller.enqueue(copy);
          if (isDone) controller.close();
        } catch {
          // The answer came first, so fetch closed the stream meanwhile.
        }
      },
    },
    { highWaterMark: 0 },
  );
  return { body, contentLength: sizeBytes, graceMs: 0, isSent: () => isDone };
}

async function collect(
  chunks: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const copies: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) throw tooLarge(limitBytes);
    copies.push(new Uint8Array(chunk));
  }
  const bytes = new Uint8Array(sizeBytes);
  let offsetBytes = 0;
  for (const copy of copies) {
    bytes.set(copy, offsetBytes);
    offsetBytes += copy.length;
  }
  return bytes;
}

function tooLarge(limitBytes: number): OutOfRangeError {
  return new OutOfRangeError(
    'body',
    `must not be larger than maxBufferedUploadBytes (${limitBytes}), since this runtime cannot stream a request: upload it in parts, or raise the limit`,
  );
}
