import { retryPolicy, withRetries } from '../adapter/retry.js';
import { type ContentScheme, frameOfRange } from '../cipher/content-scheme.js';
import type { PlaintextRange } from '../cipher/plaintext-range.js';
import type { Crc64Operations, RetryPolicy, RunningCrc64 } from '../contract/object-transport.js';
import { IntegrityError } from '../errors/errors.js';
import type { OnProgress } from '../stream/progress.js';

/** Takes the bytes of a download in any order. */
export interface RandomAccessSink {
  /** Resolves when the bytes are written; they are not kept after that. Calls overlap, for places that do not. */
  write(offsetBytes: number, bytes: Uint8Array): Promise<void>;
}

/** A download in ranges. */
export interface RangeDownload {
  readonly scheme: ContentScheme;
  /** The size of the plaintext, and of what is stored, in bytes. */
  readonly sizeBytes: number;
  readonly storedSizeBytes: number;
  readonly crc64Operations: Crc64Operations | undefined;
  readonly retry: RetryPolicy | undefined;
  /** The server's sum of the whole, in decimal. */
  readonly expectedCrc64: string | undefined;
  /** The plaintext of a range; its stored bytes are added to the sum. */
  readonly read: (
    range: PlaintextRange,
    sum: RunningCrc64 | undefined,
    signal: AbortSignal,
  ) => AsyncIterable<Uint8Array>;
  readonly sink: RandomAccessSink;
  readonly partSizeBytes?: number | undefined;
  readonly concurrency?: number | undefined;
  /** The sums of the ranges that the sink has already, by the range's index. */
  readonly completed?: ReadonlyMap<number, string> | undefined;
  /** Called when the sink has a range. If it rejects, the download fails with the same error. */
  readonly onCompleted?: ((index: number, crc64: string) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Is told of each chunk. The count goes back by what is fetched again. */
  readonly onProgress?: OnProgress | undefined;
}

/** The size of a range unless another is asked for. */
const usualRangeBytes = 8 * 1024 * 1024;
const usualConcurrency = 3;

/**
 * The ranges of a download, one after the other. They are not all made at once: their number is what the server says it
 * is, and could be more than fits into memory.
 */
export interface RangePlan {
  readonly count: number;
  /** The size of each but the last, in bytes of plaintext; 0 when there are none. */
  readonly stepBytes: number;
  /** Undefined where there is none. */
  at(index: number): PlaintextRange | undefined;
}

/** Plans the ranges of a download: all of `partSizeBytes`, but the last. */
export function planRanges(
  scheme: ContentScheme,
  sizeBytes: number,
  partSizeBytes: number = usualRangeBytes,
): RangePlan {
  // Each begins where stored bytes can be decrypted by themselves, so that no stored byte is in two of them.
  const stepBytes = Math.ceil(partSizeBytes / scheme.unitBytes) * scheme.unitBytes;
  const count = Math.ceil(sizeBytes / stepBytes);
  return {
    count,
    stepBytes: Math.min(stepBytes, sizeBytes),
    at(index) {
      if (index >= count) return undefined;
      const offsetBytes = index * stepBytes;
      return { offsetBytes, lengthBytes: Math.min(stepBytes, sizeBytes - offsetBytes) };
    },
  };
}

/**
 * Downloads all ranges, `concurrency` at once. One that fails for a passing reason is fetched again.
 *
 * @throws IntegrityError when the sums of the ranges do not add up to the server's
 * @throws the first failure; no range is under way then
 */
export async function downloadRanges(download: RangeDownload): Promise<void> {
  const { scheme, sizeBytes, storedSizeBytes, concurrency = usualConcurrency } = download;
  const ranges = planRanges(scheme, sizeBytes, download.partSizeBytes);
  const sums = new Map(download.completed);
  const failed = new AbortController();
  const signal =
    download.signal === undefined ? failed.signal : AbortSignal.any([download.signal, failed.signal]);
  let transferredBytes = [...sums.keys()].reduce(
    (sum, index) => sum + (ranges.at(index)?.lengthBytes ?? 0),
    0,
  );
  const advance = (bytes: number): void => {
    transferredBytes += bytes;
    download.onProgress?.({ transferredBytes, totalBytes: sizeBytes });
  };

  let nextIndex = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const index = nextIndex++;
      const range = ranges.at(index);
      if (range === undefined) return;
      if (sums.has(index)) continue;
      signal.throwIfAborted();
      const sum = await fetchRange(download, range, signal, advance);
      if (sum === undefined) continue;
      sums.set(index, sum);
      await download.onCompleted?.(index, sum);
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, Math.max(ranges.count, 1)) }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(workers);
  // The first failure is the reason that made the others stop.
  if (results.some((result) => result.status === 'rejected')) throw signal.reason;

  const { crc64Operations, expectedCrc64 } = download;
  // Nothing was fetched of an empty plaintext, whose body may hold bytes all the same.
  if (crc64Operations === undefined || expectedCrc64 === undefined || ranges.count === 0) return;
  const parts = Array.from({ length: ranges.count }, (_, index) => ({
    crc64: sums.get(index) as string,
    sizeBytes: frameOfRange(scheme, ranges.at(index) as PlaintextRange, storedSizeBytes)
      .storedLengthBytes as number,
  }));
  if (crc64Operations.combine(parts) !== expectedCrc64) {
    throw new IntegrityError(
      'The CRC-64 of the download differs from the one that the server gives for the object. Do not use it; download again.',
    );
  }
}

/** One range into the sink; its stored bytes' sum, where sums are made. */
function fetchRange(
  download: RangeDownload,
  range: PlaintextRange,
  signal: AbortSignal,
  advance: (bytes: number) => void,
): Promise<string | undefined> {
  const attempt = async (): Promise<string | undefined> => {
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
      throw error;
    }
  };
  return withRetries(attempt, { repeatable: 'always', policy: download.retry ?? retryPolicy(), signal });
}
