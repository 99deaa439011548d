import { type DownloadResponse, type Headers, IntegrityError, TransportError } from '@oss-envelope/core';
import { type Crc64, createCrc64, parseCrc64 } from '@oss-envelope/crc64';
import type { HttpExchange } from './http-exchange.js';

/** A download on an exchange whose answer is 200 or 206 and whose body is unread. */
export function createDownload(exchange: HttpExchange, status: 200 | 206): DownloadResponse {
  let started = false;
  return {
    status,
    headers: exchange.headers,
    // node:http copies each out of the parser's memory.
    chunksAreOwned: true,
    chunks: {
      [Symbol.asyncIterator]: () => {
        if (started) {
          throw new TransportError('The body was read already, and comes once only. Get the object again.', {
            retryable: false,
          });
        }
        started = true;
        return readVerified(exchange, status);
      },
    },
    cancel: async () => {
      exchange.cancel(
        new TransportError('The download was cancelled. Get the object again.', { retryable: false }),
      );
    },
  };
}

/**
 * @throws IntegrityError at the end, when the length is not the announced one, or the CRC-64 of a whole object differs
 */
async function* readVerified(
  exchange: HttpExchange,
  status: 200 | 206,
): AsyncGenerator<Uint8Array, void, void> {
  const { headers } = exchange;
  const announced = announcedBytes(headers, status);
  // With a part of the object, too, OSS sends the CRC-64 of the whole.
  const serverCrc64 =
    status === 200 && headers['content-encoding'] === undefined ? headers['x-oss-hash-crc64ecma'] : undefined;
  const crc: Crc64 | undefined = serverCrc64 === undefined ? undefined : createCrc64();
  let receivedBytes = 0;
  try {
    for (let chunk = await exchange.read(); chunk; chunk = await exchange.read()) {
      receivedBytes += chunk.length;
      crc?.update(chunk);
      yield chunk;
    }
  } finally {
    exchange.close();
  }
  if (announced !== undefined && receivedBytes !== announced) {
    throw new IntegrityError(
      `The body has ${receivedBytes} bytes, and the server announced ${announced}. Do not use what was read; get the object again.`,
    );
  }
  if (serverCrc64 !== undefined && crc?.digest() !== parseCrc64(serverCrc64)) {
    throw new IntegrityError(
      'The bytes that arrived have another CRC-64 than the object. Do not use what was read; get the object again. If that ' +
        'fails too, the stored object is damaged: restore it from a copy.',
    );
  }
}

/** An answer without a length of its own still names its range. */
function announcedBytes(headers: Headers, status: 200 | 206): number | undefined {
  const length = /^\d{1,15}$/.exec(headers['content-length'] ?? '');
  if (length) return Number(length[0]);
  const range = status === 206 && /^bytes (\d{1,15})-(\d{1,15})\//.exec(headers['content-range'] ?? '');
  return range ? Number(range[2]) - Number(range[1]) + 1 : undefined;
}
