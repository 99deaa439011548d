import { constants, type Stats } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MasterKeyError } from '../errors/errors.js';
import { isSystemError, openNoLink } from './own-file.js';
import { TemporaryFile } from './temporary-file.js';

/** A key's PEM is a few thousand bytes; what is longer is not one. */
const mostBytes = 64 * 1024;
const othersMayWrite = 0o022;
const othersMayAnything = 0o077;
const sticky = 0o1000;

/** What a key file holds: a secret, or a public key, which only must not be changed by others. */
export type KeyFileKind = 'secret' | 'public';

/**
 * The text of a key file; undefined when it is not there. A symbolic link is not followed. The file is checked as ssh
 * checks its keys: it must be a regular file of this user or root. Others must not be able to write it, or to read it
 * when it is a secret. Windows has no such owners and modes, so there only the kind of file is checked.
 *
 * @throws MasterKeyError that says what to do, such as `chmod 600 FILE`
 */
export async function readKeyFile(path: string, kind: KeyFileKind): Promise<string | undefined> {
  const file = await openNoLink(path, constants.O_RDONLY, linkError).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new MasterKeyError(`${path} is no regular file, so it is not read as a key.`);
    assertOwner(path, stats);
    const forbidden = kind === 'secret' ? othersMayAnything : othersMayWrite;
    if (hasModes && (stats.mode & forbidden) !== 0) {
      throw new MasterKeyError(
        kind === 'secret'
          ? `${path} can be read or written by others (mode ${modeText(stats)}). If nobody has taken the key, protect it with chmod 600.`
          : `${path} can be written by others (mode ${modeText(stats)}), who could have put their own key there. Check it, and protect it with chmod go-w.`,
      );
    }
    if (stats.size > mostBytes) throw new MasterKeyError(`${path} is too long for a key.`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Checks the folder of key files: a folder and no symbolic link, of this user or root, where others cannot put files in
 * the place of these. False when it is not there.
 *
 * @throws MasterKeyError that says what to do
 */
export async function checkKeyFolder(path: string): Promise<boolean> {
  let stats: Stats;
  try {
    stats = await lstat(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
  if (stats.isSymbolicLink()) throw linkError(path);
  if (!stats.isDirectory()) throw new MasterKeyError(`${path} is no folder.`);
  assertOwner(path, stats);
  if (hasModes && (stats.mode & othersMayWrite) !== 0 && (stats.mode & sticky) === 0) {
    throw new MasterKeyError(
      `${path} can be written by others (mode ${modeText(stats)}), who could put their own key there. Check what is in it, and protect it with chmod go-w.`,
    );
  }
  return true;
}

/**
 * The text of a file that holds a secret, checked with its folder; undefined when it is not there. With `make`, it is
 * made then, and its folder too, for their owner only. Of several processes that do so at once, all get the same text.
 *
 * @throws MasterKeyError that says what to do; errors of the file system, as they are
 */
export async function secretFileText(
  path: string,
  make: (() => Promise<string> | string) | undefined,
): Promise<string | undefined> {
  const folder = dirname(path);
  if (make !== undefined) await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = (await checkKeyFolder(folder)) ? await readKeyFile(path, 'secret') : undefined;
  if (found !== undefined || make === undefined) return found;
  const file = await TemporaryFile.open(path);
  try {
    await file.handle.writeFile(await make());
    // Where another process was first, its file is read.
    await file.claim();
  } finally {
    await file.discard();
  }
  return readKeyFile(path, 'secret');
}

const hasModes = process.getuid !== undefined;

function assertOwner(path: string, { uid }: Stats): void {
  const own = process.getuid?.();
  if (own === undefined || uid === own || uid === 0) return;
  throw new MasterKeyError(
    `${path} belongs to another user (${uid}). Keys are taken from this user (${own}) or root only.`,
  );
}

function linkError(path: string): MasterKeyError {
  return new MasterKeyError(`${path} is a symbolic link, which is not followed. Pass what it leads to.`);
}

function modeText({ mode }: Stats): string {
  return (mode & 0o777).toString(8).padStart(3, '0');
}
