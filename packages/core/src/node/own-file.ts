import { constants, type FileHandle, open } from 'node:fs/promises';
import { InvalidArgumentError } from '../errors/errors.js';

/** Windows has no such flag, and answers undefined. */
export const noFollow: number = constants.O_NOFOLLOW ?? 0;
/** The permissions of a file that only its owner can read and write. */
export const onlyOwner = 0o600;
export const permissionBits = 0o777;

/**
 * Opens a file that an earlier attempt left, if it really is this user's own: no link, and nobody else may touch it.
 *
 * @param flags - of `node:fs`, besides those that refuse links
 * @throws InvalidArgumentError when it is not
 * @throws errors of the file system, as they are
 */
export async function openOwnFile(path: string, flags: number): Promise<FileHandle> {
  const handle = await openNoLink(path, flags, notOwn);
  const { uid, nlink, mode } = await handle.stat();
  const isOwn =
    process.getuid === undefined ||
    (uid === process.getuid() && nlink === 1 && (mode & permissionBits) === onlyOwner);
  if (isOwn) return handle;
  await handle.close();
  throw notOwn(path);
}

/**
 * Opens a file by its name, unless the name is a symbolic link. Does not wait for the other end of a pipe.
 *
 * @param flags - of `node:fs`, besides those that this adds
 * @param linkError - the error to throw for a link
 * @throws errors of the file system, as they are
 */
export async function openNoLink(
  path: string,
  flags: number,
  linkError: (path: string) => Error,
): Promise<FileHandle> {
  try {
    return await open(path, flags | noFollow | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    // FreeBSD says EMLINK.
    if (isSystemError(error, 'ELOOP') || isSystemError(error, 'EMLINK')) throw linkError(path);
    throw error;
  }
}

/**
 * Checks that a path can be one.
 *
 * @throws InvalidArgumentError when it is not
 */
export function assertPath(path: unknown): asserts path is string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return;
  throw new InvalidArgumentError('path', 'must be the path of a file: a text that is not empty, without NUL');
}

/** Syncs a folder, so that the names in it are safe. Some systems cannot; there a name is safe when the system says so. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** Whether an error is one of the system, of this code. */
export function isSystemError(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function notOwn(path: string): InvalidArgumentError {
  return new InvalidArgumentError(
    'path',
    `must be in a folder where nobody else puts files: ${path} is a link, or not yours alone (mode 600). Remove it`,
  );
}
