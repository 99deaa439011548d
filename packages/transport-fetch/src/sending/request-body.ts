import type { UploadBody } from '@oss-envelope/core';
import { lazyModule, unsharedBytes } from '@oss-envelope/core/adapter';
import type { BodyToSend } from './body-to-send.js';
import type { Exchange } from './exchange.js';
import { sliceBytes } from './slice-bytes.js';

/** What bodies depend on. */
export interface BodyOptions {
  /** Whether a stream may be a request's body. */
  readonly canStream: boolean;
  /** The largest body of chunks, in bytes, that is collected where it cannot be streamed. */
  readonly maxBufferedUploadBytes: number;
}

/** Bodies up to this size go as one block: a stream would cost more than it shows. */
const blockBytes = 64 * 1024;

/** The slowest upload that is not held to be idle where it cannot be seen moving: 32 KiB a second. */
const slowestBytesPerMs = 32.768;

const nothing: BodyToSend = { body: null, contentLength: undefined, graceMs: 0, isSent: () => true };

/** Most bodies are a few bytes: a page loads what is for others with the first of them. */
const streams = lazyModule(() => import('./chunk-body.js'));

/**
 * Makes a body for one try. A source that fails, here or later, fails the exchange with its error.
 *
 * @throws OutOfRangeError for chunks that have to be collected, and are more than `maxBufferedUploadBytes`
 */
export async function requestBody(
  body: UploadBody | undefined,
  exchange: Exchange,
  { canStream, maxBufferedUploadBytes }: BodyOptions,
): Promise<BodyToSend> {
  if (body === undefined) return nothing;
  if (body.kind === 'bytes') return bodyOfBytes(unsharedBytes(body.bytes), exchange, canStream);
  const { collect, streamOfChunks, tooLarge } = await exchange.waitElsewhere(streams());
  const isBlock = body.sizeBytes !== undefined && body.sizeBytes <= blockBytes;
  if (canStream && !isBlock) return streamOfChunks(body.chunks, body.sizeBytes, exchange);
  if ((body.sizeBytes ?? 0) > maxBufferedUploadBytes) throw tooLarge(maxBufferedUploadBytes);
  const bytes = await exchange.waitElsewhere(collect(body.chunks, maxBufferedUploadBytes));
  return bodyOfBytes(bytes, exchange, canStream);
}

async function bodyOfBytes(
  bytes: Uint8Array<ArrayBuffer>,
  exchange: Exchange,
  canStream: boolean,
): Promise<BodyToSend> {
  const { length } = bytes;
  if (canStream && length > sliceBytes) {
    const { streamOfBytes } = await exchange.waitElsewhere(streams());
    return streamOfBytes(bytes, exchange);
  }
  const graceMs = Math.ceil(length / slowestBytesPerMs);
  return { body: bytes, contentLength: length, graceMs, isSent: () => true };
}
