import { createHash } from 'node:crypto';
import { IntegrityError, isOssEnvelopeError, type ObjectTransport, TransportError } from '@oss-envelope/core';
import { retryPolicy, withRetries } from '@oss-envelope/core/adapter';
import type { InventoryFile } from './inventory-manifest.js';

/** What reading files asks of a transport. */
export type FileTransport = Pick<ObjectTransport, 'bucketName' | 'get' | 'retry'>;

/** Between two pieces no connection is open: a worker may take minutes for the rows of one. */
const defaultPieceBytes = 1024 * 1024;

/** A small file, whole. @throws IntegrityError when it is larger than `mostBytes`; else as the transport */
export async function readSmallFile(
  transport: FileTransport,
  key: string,
  mostBytes: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  return again(transport, signal, async () => {
    const { chunks } = await transport.get({ key, headers: {}, signal });
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > mostBytes) {
        throw new IntegrityError(
          `${JSON.stringify(key)} is larger than the ${mostBytes} bytes that it may have.`,
        );
      }
      pieces.push(chunk.slice());
    }
    return Buffer.concat(pieces);
  });
}

/**
 * The stored bytes of a file of an inventory, piece by piece, each asked for when it is wanted. They end without an error
 * only when they are as long as the manifest says, and have its MD5.
 *
 * @throws IntegrityError, or as the transport
 */
export async function* storedPieces(
  transport: FileTransport,
  { key, sizeBytes, md5 }: InventoryFile,
  signal: AbortSignal,
  pieceBytes: number = defaultPieceBytes,
): AsyncGenerator<Buffer, void, undefined> {
  const hash = createHash('md5');
  let etag: string | undefined;
  for (let start = 0; start < sizeBytes; start += pieceBytes) {
    const end = Math.min(start + pieceBytes, sizeBytes);
    const headers = { range: `bytes=${start}-${end - 1}`, ...(etag !== undefined && { 'if-match': etag }) };
    const piece = await again(transport, signal, async () => {
      const response = await transport.get({ key, headers, signal });
      etag ??= response.headers.etag;
      if (response.isDecoded) {
        await response.cancel();
        throw damaged(key, 'it was unpacked on the way, so its MD5 cannot be compared');
      }
      if (response.status !== 206 && end - start < sizeBytes) {
        await response.cancel();
        throw new TransportError(
          `The server gave all of ${JSON.stringify(key)} where a part was asked for. Check the endpoint.`,
          { retryable: false },
        );
      }
      const bytes = Buffer.allocUnsafe(end - start);
      let filled = 0;
      for await (const chunk of response.chunks) {
        if (filled + chunk.length > bytes.length) throw damaged(key, 'it is longer than the manifest says');
        bytes.set(chunk, filled);
        filled += chunk.length;
      }
      if (filled < bytes.length) throw damaged(key, 'it is shorter than the manifest says');
      return bytes;
    }).catch((error: unknown) => {
      throw replacedOr(error, key);
    });
    hash.update(piece);
    yield piece;
  }
  if (md5 !== undefined && hash.digest('hex') !== md5)
    throw damaged(key, 'its MD5 is not that of the manifest');
}

/** The error of a file that is not what its manifest says. */
export function damaged(key: string, what: string): IntegrityError {
  return new IntegrityError(
    `The inventory's file ${JSON.stringify(key)} cannot be trusted: ${what}. Take another run of the inventory.`,
  );
}

function replacedOr(error: unknown, key: string): unknown {
  if (!isOssEnvelopeError(error, 'ERR_SERVICE')) return error;
  if (error.status === 412) return damaged(key, 'it was replaced while it was read');
  if (error.status === 416) return damaged(key, 'it is shorter than the manifest says');
  return error;
}

/** Transports repeat requests; a body that breaks off is ours to ask for again. */
function again<T>(
  { retry }: FileTransport,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  return withRetries(attempt, {
    repeatable: 'always',
    policy: retry ?? retryPolicy(),
    signal,
  });
}
