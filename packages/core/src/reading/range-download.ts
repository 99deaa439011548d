import type { Crc64Operations, RunningCrc64 } from '../contract/object-transport.js';
import { IntegrityError, type OssEnvelopeError, ServiceError, TransportError } from '../errors/errors.js';
import type { OnProgress } from '../stream/progress.js';

/** Takes the bytes of a download in any order. */
export interface RandomAccessSink {
  /** Resolves when the bytes are written; they are not kept after that. Calls overlap, for places that do not. */
  write(offsetBytes: number, bytes: Uint8Array): Promise<void>;
}

/** A range of the whole. */
export interface DownloadRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** A download in ranges. */
export interface PartsDownload {
  readonly sizeBytes: number;
  readonly crc64Operations: Crc64Operations | undefined;
  /** The server's sum of the whole, in decimal. */
  readonly expectedCrc64: string | undefined;
  /** The plaintext of a range; its stored bytes are added to the sum. */
  readonly read: (
    range: DownloadRange,
    sum: RunningCrc64 | undefined,
    signal: AbortSignal,
  ) => AsyncIterable<Uint8Array>;
  readonly sink: RandomAccessSink;
  readonly partSizeBytes?: number | undefined;
  readonly concurrency?: number | undefined;
  /** The sums of the ranges that the sink has already, by the range's index. */
  readonly completed?: ReadonlyMap<number, string> | undefined;
  /** Hears of each completed range; what it rejects with fails the download. */
  readonly onCompleted?: ((index: number, crc64: string) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** The size of a range unless another is asked for. */
export const usualRangeBytes: number = 8 * 1024 * 1024;
const usualConcurrency = 3;
const attempts = 3;

/**
 * Downloads all ranges, `concurrency` at once. One that fails for a passing reason is fetched again.
 *
 * @throws IntegrityError when the sums of the ranges do not add up to the server's
 * @throws the first failure; no range is under way then
 */
export async function downloadParts(download: PartsDownload): Promise<void> {
  const { sizeBytes, partSizeBytes = usualRangeBytes, concurrency = usualConcurrency } = download;
  const count = Math.ceil(sizeBytes / partSizeBytes);
  const sums = new Map(download.completed);
  const failed = new AbortController();
  const signal =
    download.signal === undefined ? failed.signal : AbortSignal.any([download.signal, failed.signal]);
  const rangeOf = (index: number): DownloadRange => {
    const offsetBytes = index * partSizeBytes;
    return { offsetBytes, lengthBytes: Math.min(partSizeBytes, sizeBytes - offsetBytes) };
  };
  let transferredBytes = [...sums.keys()].reduce((sum, index) => sum + rangeOf(index).lengthBytes, 0);
  const advance = (bytes: number): void => {
    transferredBytes += bytes;
    download.onProgress?.({ transferredBytes, totalBytes: sizeBytes });
  };

  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      if (sums.has(index)) continue;
      signal.throwIfAborted();
      const sum = await fetchRange(download, rangeOf(index), signal, advance);
      if (sum === undefined) continue;
      sums.set(index, sum);
      await download.onCompleted?.(index, sum);
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, Math.max(count, 1)) }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(workers);
  // The first failure is the reason that made the others stop.
  if (results.some((result) => result.status === 'rejected')) throw signal.reason;

  const { crc64Operations, expectedCrc64 } = download;
  if (crc64Operations === undefined || expectedCrc64 === undefined) return;
  const parts = Array.from({ length: count }, (_, index) => ({
    crc64: sums.get(index) as string,
    sizeBytes: rangeOf(index).lengthBytes,
  }));
  if (crc64Operations.combine(parts) !== expectedCrc64) {
    throw new IntegrityError(
      'The CRC-64 of what was downloaded is not the one that the server has of the object. Do not use it; download again.',
    );
  }
}

/** One range into the sink; its stored bytes' sum, where sums are made. */
async function fetchRange(
  download: PartsDownload,
  range: DownloadRange,
  signal: AbortSignal,
  advance: (bytes: number) => void,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    const sum = download.crc64Operations?.create();
    let writtenBytes = 0;
    try {
      for await (const chunk of download.read(range, sum, signal)) {
        await download.sink.write(range.offsetBytes + writtenBytes, chunk);
        writtenBytes += chunk.length;
        advance(chunk.length);
      }
      return sum?.digest();
    } catch (error) {
      advance(-writtenBytes);
      if (attempt === attempts || signal.aborted || !mayPass(error)) throw error;
      await pause(100 * 2 ** attempt * (0.5 + Math.random() / 2), signal);
    }
  }
}

function mayPass(error: unknown): error is OssEnvelopeError {
  return (error instanceof TransportError || error instanceof ServiceError) && error.retryable;
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
