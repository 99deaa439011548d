import { readFile, rm } from 'node:fs/promises';
import type { CheckpointStore } from '../contract/checkpoint-store.js';
import { ReplacementFile } from './replacement-file.js';

/**
 * Keeps a checkpoint in the file at `path`, which only its owner can read and write. It is replaced as a whole, so that
 * a process that dies leaves the old text or the new one.
 *
 * @throws (its calls) what the file system refuses, as Node has it
 *
 * @example
 * await putFile(bucket, 'film.mp4', 'film.mp4', { checkpoint: fileCheckpoint('film.mp4.upload') });
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
      const file = await ReplacementFile.open(path);
      try {
        await file.handle.writeFile(text);
        await file.commit(0o600);
      } catch (error) {
        await file.discard();
        throw error;
      }
    },
    async delete() {
      await rm(path, { force: true });
    },
  };
}
