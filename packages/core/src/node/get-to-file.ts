import type { FileHandle } from 'node:fs/promises';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EncryptedBucket } from '../client/encrypted-bucket.js';
import type { EncryptedObject } from '../client/encrypted-object.js';
import { downloadOptionsSchema } from '../client/handle-option-checks.js';
import type { ObjectHandle } from '../client/object-handle.js';
import { type OptionChecks, parseArgument } from '../client/option-parsing.js';
import type { GetOptions } from '../client/option-types.js';
import { getOptionsSchema } from '../client/read-option-checks.js';
import { putOptionsSchema } from '../client/resumable-option-checks.js';
import type { CheckpointJournal, CheckpointStore } from '../contract/checkpoint-store.js';
import { recordedMd5 } from '../envelope/envelope.js';
import { describedCall } from '../errors/described-error.js';
import { InvalidArgumentError, isOssEnvelopeError } from '../errors/errors.js';
import { verifyMd5 } from '../reading/content-reading.js';
import type { ObjectInfo } from '../reading/object-info.js';
import { planRanges, type RangePlan } from '../reading/range-download.js';
import { releaseMemories } from '../stream/release-memory.js';
import { assertBucket } from './bucket-argument.js';
import type { DownloadCheckpoint } from './download-checkpoint.js';
import { readChunks, writeAt } from './file-chunks.js';
import { lockFile } from './file-lock.js';
import { assertPath } from './own-file.js';
import { TemporaryFile } from './temporary-file.js';

/** Of what is written at a time; as much may wait for its turn. */
const writeBytes = 512 * 1024;

/** Options of a download to a file. */
export interface GetToFileOptions extends GetOptions {
  /**
   * How many ranges are fetched at once; 1, which is the default without a checkpoint, fetches all in one request. For
   * whole objects only.
   */
  readonly concurrency?: number | undefined;
  /** The size of the ranges: 8 MiB by default, and 1000 bytes at least. */
  readonly partSizeBytes?: number | undefined;
  /**
   * Lets a download that failed go on where it stopped: call again with the same path and store. Its temporary file
   * then stays beside the target.
   */
  readonly checkpoint?: CheckpointStore | undefined;
}

/** An object that was fetched to a file. */
export interface FetchedFile extends ObjectInfo {
  /** True when nobody can have changed what is in the file: the object is sealed. */
  readonly authenticated: boolean;
}

const getToFileOptionsSchema: OptionChecks<GetToFileOptions> = {
  ...getOptionsSchema,
  concurrency: downloadOptionsSchema.concurrency,
  partSizeBytes: downloadOptionsSchema.partSizeBytes,
  checkpoint: putOptionsSchema.checkpoint,
};

/**
 * Fetches the object `key`, or a range of it, decrypts it, and puts it at `path`. It is written to a temporary file
 * beside `path`. That file takes the place of `path` when all of it has arrived and its checks passed. After a
 * failure there is no temporary file (unless a checkpoint keeps it), and a file that was at `path` is as before. The
 * new file has the permissions of the one that it replaces, or else those that the process gives new files; until
 * then only its owner can read it.
 *
 * @returns what is known of the object; `authenticated` says how much that is worth
 * @throws InvalidArgumentError when `path` cannot be a file; and as `EncryptedBucket.get` and reading its content. Errors
 *   of the file system (a full disk, say) are thrown as they are
 *
 * @example
 * const { authenticated } = await getToFile(bucket, 'film.mp4', 'copy.mp4', { concurrency: 3 });
 */
export async function getToFile(
  bucket: EncryptedBucket,
  key: string,
  path: string,
  options: GetToFileOptions = {},
): Promise<FetchedFile> {
  assertBucket(bucket);
  return describedCall(bucket.callOf('get', key, options), () => getTo(bucket, key, path, options));
}

async function getTo(
  bucket: EncryptedBucket,
  key: string,
  path: string,
  options: GetToFileOptions,
): Promise<FetchedFile> {
  assertPath(path);
  const { concurrency, partSizeBytes, checkpoint, ...getOptions } = parseArgument(
    'options',
    options,
    getToFileOptionsSchema,
  );
  await assertTarget(path);
  if (checkpoint === undefined && (concurrency ?? 1) === 1)
    return getInOneRequest(bucket, key, path, getOptions);
  if (getOptions.range !== undefined) {
    throw new InvalidArgumentError(
      'options.range',
      'must be left out with concurrency or a checkpoint: those are for whole objects',
    );
  }
  return getInRanges(bucket, key, path, { ...getOptions, concurrency, partSizeBytes, checkpoint });
}

async function getInOneRequest(
  bucket: EncryptedBucket,
  key: string,
  path: string,
  options: GetOptions,
): Promise<FetchedFile> {
  const object = await bucket.get(key, options);
  const file = await TemporaryFile.open(path).catch(async (error: unknown) => {
    await object.discard();
    throw error;
  });
  try {
    await writeContent(object, file.handle);
    options.signal?.throwIfAborted();
    await file.commit();
  } catch (error) {
    await object.discard();
    await file.discard();
    throw error;
  }
  return object;
}

async function getInRanges(
  bucket: EncryptedBucket,
  key: string,
  path: string,
  options: GetToFileOptions,
): Promise<FetchedFile> {
  const {
    concurrency,
    partSizeBytes,
    checkpoint: store,
    range: _,
    onProgress,
    readerTimeoutMs: __,
    ...openOptions
  } = options;
  const object = await bucket.open(key, openOptions);
  const ranges = planRanges(object.scheme, object.sizeBytes, partSizeBytes);
  const journal = await store?.open();
  try {
    const checkpoint = journal && (await openCheckpoint(journal, object, ranges.stepBytes));
    const file = await TemporaryFile.open(path, { resumedBy: store && key, lock: store && lockFile });
    const { handle } = file;
    const sink = { write: (offsetBytes: number, bytes: Uint8Array) => writeAt(handle, offsetBytes, bytes) };
    try {
      const completed = checkpoint && (await verifiedRanges(checkpoint, handle, object, ranges));
      await handle.truncate(object.sizeBytes);
      await object.download(sink, {
        partSizeBytes,
        concurrency,
        completed,
        onCompleted: checkpoint && ((index, crc64) => checkpoint.complete(index, crc64)),
        signal: options.signal,
        onProgress,
      });
      await assertMd5(object, handle);
      await file.commit();
      await journal?.clear();
      return object;
    } catch (error) {
      // What cannot become right by going on is not kept.
      if (journal === undefined || isOssEnvelopeError(error, 'ERR_INTEGRITY')) {
        await file.discard();
        await journal?.clear();
      } else {
        await file.keep();
      }
      throw error;
    }
  } finally {
    await journal?.close();
  }
}

/** The completed ranges whose bytes are still in the file: as they are stored, they have the recorded CRC-64. */
async function verifiedRanges(
  checkpoint: DownloadCheckpoint,
  handle: FileHandle,
  object: ObjectHandle,
  ranges: RangePlan,
): Promise<ReadonlyMap<number, string>> {
  const verified = new Map<number, string>();
  for (const [index, crc64] of checkpoint.completed) {
    const range = ranges.at(index);
    if (range === undefined) continue;
    const plaintext = readChunks(handle, range.offsetBytes, range.lengthBytes);
    if ((await object.storedCrc64(range, plaintext)) === crc64) verified.set(index, crc64);
  }
  return verified;
}

/** Ranges come in any order, so an MD5 that the envelope records is compared when all are there. */
async function assertMd5(object: ObjectHandle, handle: FileHandle): Promise<void> {
  const md5 = recordedMd5(object.encryption);
  if (md5 !== undefined) await verifyMd5(readChunks(handle), md5);
}

async function assertTarget(path: string): Promise<void> {
  const directory = dirname(path);
  const parent = await stat(directory).catch(() => undefined);
  if (!parent?.isDirectory()) {
    throw new InvalidArgumentError('path', `must be in a directory that exists: create ${directory} first`);
  }
  const target = await stat(path).catch(() => undefined);
  if (target !== undefined && !target.isFile()) {
    throw new InvalidArgumentError('path', `must name a file: there is something else at ${path}`);
  }
}

/** Writes while the next chunks are fetched and decrypted. */
async function writeContent(object: EncryptedObject, handle: FileHandle): Promise<void> {
  // Those of a plain object are the transport's.
  const areOurs = object.encryption.kind === 'enveloped';
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  const write = async (chunks: readonly Uint8Array[]): Promise<void> => {
    await writeAll(handle, chunks);
    if (areOurs) releaseMemories(chunks);
  };
  try {
    for await (const chunk of object.chunks()) {
      batch.push(chunk);
      batchBytes += chunk.length;
      if (batchBytes < writeBytes) continue;
      await writing;
      writing = write(batch);
      // What fails is thrown by the next wait for it.
      writing.catch(() => {});
      batch = [];
      batchBytes = 0;
    }
    await writing;
    await write(batch);
  } finally {
    // The file must not be closed under a write.
    await writing.catch(() => {});
  }
}

/** Writes all of the chunks; the system may take fewer bytes than it is given. */
async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return;
  let { bytesWritten } = await handle.writev(chunks);
  for (const chunk of chunks) {
    if (bytesWritten >= chunk.length) {
      bytesWritten -= chunk.length;
      continue;
    }
    let rest = chunk.subarray(bytesWritten);
    bytesWritten = 0;
    while (rest.length > 0) rest = rest.subarray((await handle.write(rest)).bytesWritten);
  }
}

/** Loads the check of documents, which takes longer than all else, when it is needed. */
async function openCheckpoint(
  journal: CheckpointJournal,
  object: ObjectHandle,
  partSizeBytes: number,
): Promise<DownloadCheckpoint> {
  const checkpoints = await import('./download-checkpoint.js');
  return checkpoints.DownloadCheckpoint.open(journal, object, partSizeBytes);
}
