import { constants, type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CheckpointJournal, CheckpointStore } from '../contract/checkpoint-store.js';
import { writeAt } from './file-chunks.js';
import { isSystemError, noFollow, onlyOwner, openOwnFile, syncFolder } from './own-file.js';

/**
 * Keeps a checkpoint in the file at `path`: a journal of lines, each on the disk before the transfer goes on. Only its
 * owner can read and write it; a file that others may touch, and a link, are refused. While a transfer uses it, a file
 * `path.lock` keeps others out; that of a process that died is taken over.
 *
 * @throws (its calls) CheckpointError when another transfer uses it. InvalidArgumentError when the file is not this
 *   user's own. Errors of the file system, as they are
 *
 * @example
 * await putFile(bucket, 'film.mp4', 'film.mp4', { checkpoint: fileCheckpoint('film.mp4.upload') });
 */
export function fileCheckpoint(path: string): CheckpointStore {
  return {
    async open() {
      const { lockFile } = await import('./file-lock.js');
      const unlock = await lockFile(`${path}.lock`);
      try {
        return await FileJournal.open(path, unlock);
      } catch (error) {
        await unlock();
        throw error;
      }
    },
  };
}

class FileJournal implements CheckpointJournal {
  readonly records: readonly string[];
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #unlock: () => Promise<void>;
  /** The end of the last record that is on the disk. */
  #endBytes: number;
  #isEmpty: boolean;
  #isClosed = false;
  #waiting: string[] = [];
  /** The write that takes what waits; and the end of all writes so far. */
  #next: Promise<void> = Promise.resolve();
  #written: Promise<void> = Promise.resolve();

  private constructor(
    path: string,
    handle: FileHandle,
    unlock: () => Promise<void>,
    records: readonly string[],
    endBytes: number,
  ) {
    this.records = records;
    this.#path = path;
    this.#handle = handle;
    this.#unlock = unlock;
    this.#endBytes = endBytes;
    this.#isEmpty = endBytes === 0;
  }

  static async open(path: string, unlock: () => Promise<void>): Promise<FileJournal> {
    const handle = await openOrCreate(path);
    try {
      const content = await handle.readFile();
      const endBytes = endOfRecords(content);
      const records = content
        .subarray(0, Math.max(0, endBytes - 1))
        .toString('utf8')
        .split('\n');
      if (endBytes < content.length) {
        await handle.truncate(endBytes);
        // Or what was cut off could come back among records that are written over it.
        await handle.datasync();
      }
      return new FileJournal(path, handle, unlock, endBytes === 0 ? [] : records, endBytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** One write at a time. Records that come meanwhile share the next one, and its sync. */
  append(record: string): Promise<void> {
    this.#waiting.push(record);
    if (this.#waiting.length === 1) {
      this.#next = this.#written.then(() => this.#write());
      // A failure is the business of those who wait; the write after it is tried all the same.
      this.#written = this.#next.catch(() => {});
    }
    return this.#next;
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.map((record) => `${record}\n`).join(''), 'utf8');
    this.#waiting = [];
    await writeAt(this.#handle, this.#endBytes, bytes);
    await this.#handle.datasync();
    this.#endBytes += bytes.length;
    this.#isEmpty = false;
  }

  async clear(): Promise<void> {
    await this.#written;
    await this.#handle.truncate(0);
    await this.#handle.datasync();
    this.#endBytes = 0;
    this.#isEmpty = true;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#written;
    await this.#handle.close();
    if (this.#isEmpty) await rm(this.#path, { force: true });
    await this.#unlock();
  }
}

/**
 * Where the records end that were on the disk when the process, or the machine, died. After them may stand what was
 * being written, of which nothing has left: a record without its line end; or, after a power cut, any part of several,
 * with zeros (which no record has) in the place of what is missing.
 */
function endOfRecords(content: Buffer): number {
  const firstZero = content.indexOf(0);
  return (firstZero < 0 ? content : content.subarray(0, firstZero)).lastIndexOf('\n') + 1;
}

async function openOrCreate(path: string): Promise<FileHandle> {
  const created = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow;
  try {
    const handle = await open(path, created, onlyOwner);
    await syncFolder(dirname(path));
    return handle;
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  }
  return openOwnFile(path, constants.O_RDWR);
}
