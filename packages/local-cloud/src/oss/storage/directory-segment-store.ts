import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Segment, SegmentSink, SegmentStore } from './segment.js';

const readBytes = 512 * 1024;
const writeBytes = 1024 * 1024;

class FileSegment implements Segment {
  readonly sizeBytes: number;
  readonly fileName: string;
  readonly #store: DirectorySegmentStore;
  #holders = 1;

  constructor(store: DirectorySegmentStore, fileName: string, sizeBytes: number) {
    this.#store = store;
    this.fileName = fileName;
    this.sizeBytes = sizeBytes;
  }

  async *read(startBytes: number, endBytes: number): AsyncGenerator<Uint8Array> {
    if (startBytes >= endBytes) return;
    const file = await open(this.#store.pathOf(this.fileName), 'r');
    try {
      const size = Math.min(readBytes, endBytes - startBytes);
      // Two buffers in turn: the contract of read() lets a chunk be overwritten by the chunk after next.
      const buffers = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(startBytes + size < endBytes ? size : 0)];
      for (let offset = startBytes, turn = 0; offset < endBytes; turn ^= 1) {
        const wanted = Math.min(size, endBytes - offset);
        const { bytesRead } = await file.read(buffers[turn]!, 0, wanted, offset);
        if (bytesRead === 0) throw new Error(`the stored body ${this.fileName} is shorter than it was`);
        yield buffers[turn]!.subarray(0, bytesRead);
        offset += bytesRead;
      }
    } finally {
      await file.close();
    }
  }

  retain(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#store.remove(this.fileName);
  }
}

class FileSink implements SegmentSink {
  readonly #store: DirectorySegmentStore;
  readonly #file: FileHandle;
  readonly #temporaryPath: string;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #sizeBytes = 0;

  constructor(store: DirectorySegmentStore, file: FileHandle, temporaryPath: string) {
    this.#store = store;
    this.#file = file;
    this.#temporaryPath = temporaryPath;
  }

  write(chunk: Uint8Array): undefined | Promise<void> {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    return this.#pendingBytes >= writeBytes ? this.#flush() : undefined;
  }

  async #flush(): Promise<void> {
    const chunks = this.#pending;
    const bytes = this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (bytes === 0) return;
    const { bytesWritten } = await this.#file.writev(chunks);
    this.#sizeBytes += bytes;
    if (bytesWritten < bytes) await this.#file.appendFile(Buffer.concat(chunks).subarray(bytesWritten));
  }

  async commit(): Promise<Segment> {
    try {
      await this.#flush();
    } catch (error) {
      await this.discard();
      throw error;
    }
    await this.#file.close();
    const fileName = randomUUID();
    await rename(this.#temporaryPath, this.#store.pathOf(fileName));
    return new FileSegment(this.#store, fileName, this.#sizeBytes);
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#temporaryPath, { force: true });
  }
}

/**
 * Keeps each body in a file of its own below `<directory>/bodies`. A body is written to `<directory>/incoming` and
 * renamed when it is complete, so an upload that breaks off leaves nothing.
 */
export class DirectorySegmentStore implements SegmentStore {
  readonly #bodies: string;
  readonly #incoming: string;
  readonly #deletions = new Set<Promise<void>>();

  private constructor(directory: string) {
    this.#bodies = join(directory, 'bodies');
    this.#incoming = join(directory, 'incoming');
  }

  /** Opens the store, creates its folders, and clears what uploads of an earlier process left half done. */
  static async create(directory: string): Promise<DirectorySegmentStore> {
    const store = new DirectorySegmentStore(directory);
    await mkdir(store.#bodies, { recursive: true });
    await rm(store.#incoming, { recursive: true, force: true });
    await mkdir(store.#incoming, { recursive: true });
    return store;
  }

  async open(): Promise<SegmentSink> {
    const temporaryPath = join(this.#incoming, randomUUID());
    return new FileSink(this, await open(temporaryPath, 'wx'), temporaryPath);
  }

  async reopen(fileName: string, sizeBytes: number): Promise<Segment | undefined> {
    try {
      const found = await stat(this.pathOf(fileName));
      return found.size === sizeBytes ? new FileSegment(this, fileName, sizeBytes) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Removes the files of bodies that no object refers to. */
  async removeAllBut(fileNames: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#bodies)) {
      if (!fileNames.has(name)) await rm(this.pathOf(name), { force: true });
    }
  }

  /** Path of a body's file. */
  pathOf(fileName: string): string {
    return join(this.#bodies, fileName);
  }

  /** Deletes a body's file in the background; {@link close} waits for it. */
  remove(fileName: string): void {
    const deletion = rm(this.pathOf(fileName), { force: true }).finally(() =>
      this.#deletions.delete(deletion),
    );
    this.#deletions.add(deletion);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#deletions]);
  }
}
