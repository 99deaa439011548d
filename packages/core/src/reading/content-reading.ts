import { startMd5 } from '../adapter/md5-digest.js';
import type { ContentKey, ContentScheme } from '../cipher/content-scheme.js';
import type { DownloadResponse, RunningCrc64 } from '../contract/object-transport.js';
import { encodeBase64 } from '../encoding/base64.js';
import { IntegrityError } from '../errors/errors.js';
import { isPromise } from '../stream/is-promise.js';
import type { SteadyProgress } from '../stream/progress.js';
import { releaseMemory } from '../stream/release-memory.js';
import type { ReadPlan } from './read-plan.js';

/** What is checked, told and freed while content is read. */
export interface ContentReadingOptions {
  /** The stored bytes of the frame are added to it. */
  readonly sum?: RunningCrc64 | undefined;
  /** What `sum` must be at the end, in decimal. */
  readonly expectedCrc64?: string | undefined;
  /** Base64 of the MD5 that the plaintext must have. */
  readonly expectedMd5?: string | undefined;
  /** The size that the envelope records of a plaintext that is read whole, in bytes. */
  readonly recordedSizeBytes?: number | undefined;
  readonly progress?: SteadyProgress | undefined;
  /** Whether a chunk need only be there until the next one is asked for. */
  readonly transient?: boolean | undefined;
}

/** A body with so little behind what is wanted of it is read to its end: that costs less than another connection. */
const mostUnwantedBytes = 64 * 1024;

/** A response, what to read of it, and how its content is stored. */
export interface PlannedContent {
  readonly response: DownloadResponse;
  readonly plan: ReadPlan;
  readonly scheme: ContentScheme;
  /** Undefined for a plain object, whose stored bytes are handed on. */
  readonly key: ContentKey | undefined;
}

/**
 * The asked plaintext of a response, in one pass: takes the frame out of the body, sums it, decrypts it, counts. Reads
 * the body to its end where the frame ends there or nearby, so that the transport sees a whole body, and leaves it
 * early otherwise.
 *
 * @throws IntegrityError when the body has more or fewer bytes than the server announced, or a checksum, a digest or
 *   the recorded size differs
 */
export async function* readContent(
  { response, plan, scheme, key }: PlannedContent,
  options: ContentReadingOptions = {},
): AsyncGenerator<Uint8Array> {
  const { frame } = plan;
  const { sum, progress, transient = false } = options;
  const decryptor = key && scheme.decryptor(key, frame);
  const md5 = options.expectedMd5 === undefined ? undefined : await startMd5();
  const maxUpdateBytes = decryptor?.maxUpdateBytes ?? Number.POSITIVE_INFINITY;
  const totalBytes = frame.takeBytes;
  let skip = plan.skipBytes;
  let unwanted = plan.restBytes;
  let remaining = frame.storedLengthBytes ?? Number.POSITIVE_INFINITY;
  let transferredBytes = 0;
  let cameAtOnce = false;
  const took = (bytes: Uint8Array): void => {
    transferredBytes += bytes.length;
    md5?.update(bytes);
    progress?.onProgress({ transferredBytes, totalBytes });
  };

  for await (const chunk of response.chunks) {
    let stored = chunk;
    if (skip > 0) {
      stored = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - stored.length;
    }
    if (stored.length > remaining) {
      unwanted -= stored.length - remaining;
      if (unwanted < 0) throw wrongLength('more', response);
      stored = stored.subarray(0, remaining);
    }
    remaining -= stored.length;
    cameAtOnce ||= stored.length === frame.storedLengthBytes && stored.length <= maxUpdateBytes;
    sum?.update(stored);
    for (let offset = 0; offset < stored.length; offset += maxUpdateBytes) {
      const piece = stored.subarray(offset, offset + maxUpdateBytes);
      const updated =
        decryptor === undefined ? piece : cameAtOnce ? decryptor.whole(piece) : decryptor.update(piece);
      const plaintext = isPromise(updated) ? await updated : updated;
      if (decryptor !== undefined && response.chunksAreOwned && offset + maxUpdateBytes >= stored.length) {
        releaseMemory(chunk);
      }
      if (plaintext.length === 0) continue;
      took(plaintext);
      yield plaintext;
      if (transient) decryptor?.recycle(plaintext);
    }
    if (remaining === 0 && unwanted > mostUnwantedBytes) break;
  }
  if (remaining > 0 && remaining !== Number.POSITIVE_INFINITY) throw wrongLength('fewer', response);
  const last = cameAtOnce ? undefined : await decryptor?.finish();
  if (last !== undefined && last.length > 0) {
    took(last);
    yield last;
  }
  if (transferredBytes === 0) progress?.onProgress({ transferredBytes, totalBytes: 0 });
  progress?.end();
  check(options, transferredBytes, md5 && encodeBase64(md5.digest()));
}

function check(options: ContentReadingOptions, sizeBytes: number, md5: string | undefined): void {
  const { sum, expectedCrc64, expectedMd5, recordedSizeBytes } = options;
  if (expectedCrc64 !== undefined && sum !== undefined && sum.digest() !== expectedCrc64) {
    throw new IntegrityError(
      'The CRC-64 of the bytes that arrived differs from the one that the server gives for the object. Do not use what was read; get ' +
        'the object again. If that fails too, the stored object is damaged: restore it from a copy.',
    );
  }
  if (recordedSizeBytes !== undefined && recordedSizeBytes !== sizeBytes) {
    throw wrongRecordedSize(sizeBytes, recordedSizeBytes);
  }
  if (md5 !== expectedMd5) throw wrongMd5();
}

/**
 * Reads a plaintext, and compares its MD5 with the one that the envelope records.
 *
 * @throws IntegrityError when they differ
 */
export async function verifyMd5(chunks: AsyncIterable<Uint8Array>, md5: string): Promise<void> {
  const hash = await startMd5();
  for await (const chunk of chunks) hash.update(chunk);
  if (encodeBase64(hash.digest()) !== md5) throw wrongMd5();
}

function wrongMd5(): IntegrityError {
  return new IntegrityError(
    'The MD5 of the decrypted content differs from the one in its metadata: the content, the metadata or the key is ' +
      'not what was written. Do not use what was read; restore the object from a copy.',
  );
}

/** The error of an object that does not have the size that its envelope records. */
export function wrongRecordedSize(sizeBytes: number, recordedBytes: number): IntegrityError {
  return new IntegrityError(
    `The object has ${sizeBytes} bytes, but its envelope records ${recordedBytes}: it was cut, extended or mixed up. ` +
      'Restore it from a copy.',
  );
}

function wrongLength(found: 'more' | 'fewer', { headers }: DownloadResponse): IntegrityError {
  const encoding = headers['content-encoding'];
  const hint =
    encoding === undefined || encoding === 'identity'
      ? ''
      : ' It came with a Content-Encoding: something between here and OSS compresses it, or it was stored with one.';
  return new IntegrityError(
    `The object's body has ${found} bytes than the server announced. Do not use what was read; get the object again.${hint}`,
  );
}
