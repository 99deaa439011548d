import { createHash, randomBytes } from 'node:crypto';
import { constants, type FileHandle, link, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError, noFollow, onlyOwner, openOwnFile, permissionBits, syncFolder } from './own-file.js';

/** How a temporary file begins. */
export interface TemporaryFileOptions {
  /**
   * Gives the temporary file a name that the next attempt finds again. The next attempt then goes on with what is
   * there. Left out, the file is new, and its name random.
   */
  readonly resumedBy?: string | undefined;
  /**
   * Keeps others out of a file that is gone on with, by a lock at the path that it is given. Two transfers with stores of
   * their own, of two states of an object, would mix them in one file.
   *
   * @returns what releases the lock
   */
  readonly lock?: ((path: string) => Promise<() => Promise<void>>) | undefined;
}

/**
 * A file that gets its name when all of it is there: the one owner of "temporary file, sync, rename or link". It lies
 * beside its place, under a short name, so that its name can be any that the file system takes. Until it gets its name
 * only its owner can read it. It is never a link: a name that someone else prepared is refused.
 */
export class TemporaryFile {
  readonly handle: FileHandle;
  readonly #path: string;
  readonly #temporary: string;
  readonly #unlock: () => Promise<void>;
  readonly #isResumable: boolean;
  #isClosed = false;

  private constructor(
    handle: FileHandle,
    path: string,
    temporary: string,
    unlock: () => Promise<void>,
    isResumable: boolean,
  ) {
    this.handle = handle;
    this.#path = path;
    this.#temporary = temporary;
    this.#unlock = unlock;
    this.#isResumable = isResumable;
  }

  /**
   * Opens a temporary file beside `path`, the name that it will get.
   *
   * @throws InvalidArgumentError when the file to go on with is another user's, or is a link
   * @throws errors of the file system, and of `lock`, as they are
   */
  static async open(path: string, { resumedBy, lock }: TemporaryFileOptions = {}): Promise<TemporaryFile> {
    const name =
      resumedBy === undefined
        ? randomBytes(8)
        : createHash('sha256').update(`${path}\0${resumedBy}`).digest().subarray(0, 8);
    const temporary = join(dirname(path), `.${name.toString('hex')}.part`);
    const created = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow;
    const unlock = (await lock?.(`${temporary}.lock`)) ?? (async () => {});
    try {
      const handle = await open(temporary, created, onlyOwner).catch(async (error: unknown) => {
        if (resumedBy === undefined || !isSystemError(error, 'EEXIST')) throw error;
        if (!(await wasOpened(temporary))) return openOwnFile(temporary, constants.O_RDWR);
        await rm(temporary);
        return open(temporary, created, onlyOwner);
      });
      return new TemporaryFile(handle, path, temporary, unlock, resumedBy !== undefined);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /**
   * Takes the place of `path`. When the promise resolves, the content and the name are on the disk. The file gets the
   * permissions of the file that it replaces. Where there was none, it gets `mode`, or what the process gives new files.
   */
  async commit(mode?: number): Promise<void> {
    const replaced = await stat(this.#path).catch(() => undefined);
    // To sync takes long, and fails where a disk is full. A file that is to be gone on with must be its owner's alone.
    if (this.#isResumable) await this.handle.datasync();
    await this.handle.chmod(
      replaced === undefined ? (mode ?? 0o666 & ~process.umask()) : replaced.mode & permissionBits,
    );
    await this.sync();
    await rename(this.#temporary, this.#path);
    await syncFolder(dirname(this.#path));
    await this.#unlock();
  }

  /**
   * Takes the name `path` only if there is no such file: of several that try at once, one gets it. The file stays its
   * owner's alone. Needs a file system with hard links. Call `discard` after it, whatever the result.
   *
   * @returns false when there is a file at `path`, which is as before
   */
  async claim(): Promise<boolean> {
    await this.sync();
    try {
      await link(this.#temporary, this.#path);
    } catch (error) {
      if (isSystemError(error, 'EEXIST')) return false;
      throw error;
    }
    await syncFolder(dirname(this.#path));
    return true;
  }

  /** Puts the content on the disk and closes the file. Called again, it does nothing. */
  async sync(): Promise<void> {
    if (this.#isClosed) return;
    await this.handle.sync();
    this.#isClosed = true;
    await this.handle.close();
  }

  /** Closes the file, and leaves it for the next attempt, which takes only one that is its owner's alone. */
  async keep(): Promise<void> {
    await this.#restrict().catch(() => {});
    await this.handle.close().catch(() => {});
    await this.#unlock();
  }

  /** Takes back the permissions that a `commit` which failed has given. */
  async #restrict(): Promise<void> {
    if (!this.#isClosed) return this.handle.chmod(onlyOwner);
    const handle = await open(this.#temporary, constants.O_RDONLY | noFollow);
    try {
      await handle.chmod(onlyOwner);
    } finally {
      await handle.close();
    }
  }

  /** Closes and removes the file. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => {});
    await rm(this.#temporary, { force: true });
    await this.#unlock();
  }
}

/**
 * Whether a file of this user has the permissions that a `commit` gives: the process died before its file took its place.
 * Others may have opened it, so that it is not gone on with.
 */
async function wasOpened(path: string): Promise<boolean> {
  const found = await lstat(path);
  return (
    found.isFile() &&
    found.uid === process.getuid?.() &&
    found.nlink === 1 &&
    (found.mode & permissionBits) !== onlyOwner
  );
}
