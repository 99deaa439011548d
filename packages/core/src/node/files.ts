import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { GetOptions, PutOptions } from '../bucket-options.js';
import type { EncryptedBucket, PutResult } from '../encrypted-bucket.js';
import type { EncryptedObject } from '../encrypted-object.js';
import { InvalidArgumentError } from '../errors.js';
import type { ObjectInfo } from '../object-info.js';

const readBytes = 1024 * 1024;
const writeBytes = 1024 * 1024;
/** Smaller files are read at once, so that a transport can send them again. */
const wholeFileBytes = 1024 * 1024;

/**
 * Encrypts the file at `path` and stores it as the object `key`. The file is read as it is sent; one that shrinks or
 * grows meanwhile fails the call, and no object is stored.
 *
 * @throws InvalidArgumentError when `path` is no readable file; and as `EncryptedBucket.put`
 */
export async function putFile(
  bucket: EncryptedBucket,
  key: string,
  path: string,
  options: Omit<PutOptions, 'sizeBytes'> = {},
): Promise<PutResult> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw new InvalidArgumentError('path', `must name a file that can be read (${errorCode(error)})`);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile())
      throw new InvalidArgumentError('path', 'must name a file, not a directory or a device');
    if (stats.size <= wholeFileBytes) return await bucket.put(key, await handle.readFile(), options);
    return await bucket.put(key, readChunks(handle), { ...options, sizeBytes: stats.size });
  } finally {
    await handle.close();
  }
}

/**
 * Fetches the object `key`, or a range of it, decrypts it, and puts it at `path`. It is written to a temporary file
 * beside it, which takes the place of `path` when all of it has arrived and its checks passed: after a failure there
 * is no temporary file, and a file that was at `path` is as before.
 *
 * @throws InvalidArgumentError when `path` cannot be a file; and as `EncryptedBucket.get` and reading its content
 */
export async function getToFile(
  bucket: EncryptedBucket,
  key: string,
  path: string,
  options: GetOptions = {},
): Promise<ObjectInfo> {
  await assertTarget(path);
  const object = await bucket.get(key, options);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  try {
    await writeContent(object, temporary);
    options.signal?.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await object.discard();
    await rm(temporary, { force: true });
    throw error;
  }
  return object;
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

async function writeContent(object: EncryptedObject, path: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    let batch: Uint8Array[] = [];
    let batchBytes = 0;
    for await (const chunk of object.chunks()) {
      batch.push(chunk);
      batchBytes += chunk.length;
      if (batchBytes < writeBytes) continue;
      await writeAll(handle, batch);
      batch = [];
      batchBytes = 0;
    }
    await writeAll(handle, batch);
  } finally {
    await handle.close();
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

/** The file's bytes through two buffers, the one being read while the other is in use. */
async function* readChunks(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const buffers = [new Uint8Array(readBytes), new Uint8Array(readBytes)] as const;
  const read = (turn: number): Promise<{ bytesRead: number }> => handle.read(buffers[turn % 2] as Uint8Array);
  let reading = read(0);
  try {
    for (let turn = 0; ; turn++) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      reading = read(turn + 1);
      yield (buffers[turn % 2] as Uint8Array).subarray(0, bytesRead);
    }
  } finally {
    // The handle must not be closed under a read.
    await reading.catch(() => {});
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
