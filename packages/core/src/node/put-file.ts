import { constants, open } from 'node:fs/promises';
import { assertOptions } from '../adapter/option-checks.js';
import type { EncryptedBucket } from '../client/encrypted-bucket.js';
import type { PutOptions } from '../client/option-types.js';
import { putOptionsSchema } from '../client/resumable-option-checks.js';
import { describedCall } from '../errors/described-error.js';
import { InvalidArgumentError } from '../errors/errors.js';
import type { PutResult } from '../writing/put-result.js';
import { assertBucket } from './bucket-argument.js';
import { readChunks } from './file-chunks.js';
import { assertPath } from './own-file.js';

/**
 * Encrypts the file at `path` and stores it as the object `key`. The file is read as it is sent; one that shrinks or
 * grows meanwhile fails the call, and no object is stored. With a `checkpoint` an upload that failed goes on where it
 * stopped, unless the file was changed since.
 *
 * @throws InvalidArgumentError when `path` is no readable file; and as `EncryptedBucket.put`
 *
 * @example
 * await putFile(bucket, 'film.mp4', 'film.mp4', { contentType: 'video/mp4' });
 */
export async function putFile(
  bucket: EncryptedBucket,
  key: string,
  path: string,
  options: Omit<PutOptions, 'sizeBytes' | 'sourceState'> = {},
): Promise<PutResult> {
  assertBucket(bucket);
  return describedCall(bucket.callOf('put', key, options), () => putOpened(bucket, key, path, options));
}

async function putOpened(
  bucket: EncryptedBucket,
  key: string,
  path: string,
  options: Omit<PutOptions, 'sizeBytes' | 'sourceState'>,
): Promise<PutResult> {
  assertPath(path);
  assertOptions('options', options, Object.keys(putOptionsSchema));
  // Without it, a pipe that nobody writes to would be waited for.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: unknown) => {
      const code =
        typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';
      throw new InvalidArgumentError('path', `must name a file that can be read (${code})`);
    },
  );
  try {
    const stats = await handle.stat();
    if (!stats.isFile())
      throw new InvalidArgumentError('path', 'must name a file, not a directory or a device');
    const content = { sizeBytes: stats.size, open: () => readChunks(handle) };
    return await bucket.put(key, content, { ...options, sourceState: `${stats.ino} ${stats.mtimeMs}` });
  } finally {
    await handle.close();
  }
}
