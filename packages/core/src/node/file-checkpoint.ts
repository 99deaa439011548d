import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CheckpointStore } from '../contract/checkpoint-store.js';

/**
 * Keeps a checkpoint in the file at `path`, which only its owner can read and write. It is replaced as a whole, so that
 * a process that dies leaves the old text or the new one.
 *
 * @throws (its calls) what the file system refuses, as Node has it
 */
export function fileCheckpoint(path: string): CheckpointStore {
  return {
    async load() {
      return readFile(path, 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
    async save(text) {
      const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
      try {
        const handle = await open(temporary, 'wx', 0o600);
        try {
          await handle.writeFile(text);
        } finally {
          await handle.close();
        }
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    async delete() {
      await rm(path, { force: true });
    },
  };
}
