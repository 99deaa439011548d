import { createHash, randomBytes } from 'node:crypto';
import { constants, type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError, noFollow, onlyOwner, openOwnFile, permissionBits, syncFolder } from './own-file.js';

/** How a replacement begins. */
export interface ReplacementOptions {
  /**
   * Gives the temporary file a name that the next attempt finds again, which then goes on with what is there. Left out,
   * the file is new, and its name random.
   */
  readonly resumedBy?: string | undefined;
}

/**
 * A temporary file that takes the place of another file when all of it is there: the one owner of "temporary file,
 * sync, rename". It lies beside the file, under a short name, so that any name that the file system takes can be
 * replaced. Until then only its owner can read it. It is never a link: a name that someone else prepared is refused.
 */
export class ReplacementFile {
  readonly handle: FileHandle;
  readonly #path: string;
  readonly #temporary: string;

  private constructor(handle: FileHandle, path: string, temporary: string) {
    this.handle = handle;
    this.#path = path;
    this.#temporary = temporary;
  }

  /**
   * Opens a temporary file beside `path`.
   *
   * @throws InvalidArgumentError when the file to go on with is not this user's own, or is a link
   * @throws errors of the file system, as they are
   */
  static async open(path: string, { resumedBy }: ReplacementOptions = {}): Promise<ReplacementFile> {
    const name =
      resumedBy === undefined
        ? randomBytes(8)
        : createHash('sha256').update(`${path}\0${resumedBy}`).digest().subarray(0, 8);
    const temporary = join(dirname(path), `.${name.toString('hex')}.part`);
    const created = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow;
    try {
      return new ReplacementFile(await open(temporary, created, onlyOwner), path, temporary);
    } catch (error) {
      if (resumedBy === undefined || !isSystemError(error, 'EEXIST')) throw error;
    }
    return new ReplacementFile(await openOwnFile(temporary, constants.O_RDWR), path, temporary);
  }

  /**
   * Puts the file in its place: all of it is on the disk when the promise resolves, and so is its name. It gets the
   * permissions of the file that it replaces; where there was none, `mode`, or else what the process gives new files.
   */
  async commit(mode?: number): Promise<void> {
    const replaced = await stat(this.#path).catch(() => undefined);
    await this.handle.chmod(
      replaced === undefined ? (mode ?? 0o666 & ~process.umask()) : replaced.mode & permissionBits,
    );
    await this.handle.sync();
    await this.handle.close();
    await rename(this.#temporary, this.#path);
    await syncFolder(dirname(this.#path));
  }

  /** Closes the file, and leaves it for the next attempt. */
  async keep(): Promise<void> {
    await this.handle.close().catch(() => {});
  }

  /** Closes and removes the file. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }
}
