import { pipeline, Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { isOssEnvelopeError } from '@oss-envelope/core';
import { onAbort } from '@oss-envelope/core/adapter';
import { parse } from 'csv-parse';
import type { InventoryFile } from './inventory-manifest.js';
import { damaged, type FileTransport, storedPieces } from './stored-file.js';

/** A key has at most 1,023 bytes, three times as many characters when it is encoded; there are some twenty columns. */
const mostRowBytes = 64 * 1024;
/** Rows that differ in a counter alone shrink to a thirtieth. */
const mostTimesLarger = 250;
const smallestBoundBytes = 1024 * 1024;

/** The rows of one file, in order, at the pace at which they are taken. Memory does not grow with the file. */
export class InventoryFileReader {
  readonly #file: InventoryFile;
  readonly #abort = new AbortController();
  readonly #rows: AsyncIterator<unknown, unknown>;
  #row = 0;
  #readBytes = 0;
  #ahead: IteratorResult<unknown, unknown> | undefined;
  #ended = false;

  constructor(transport: FileTransport, file: InventoryFile, pieceBytes?: number) {
    this.#file = file;
    const pieces = Readable.from(
      this.#counted(storedPieces(transport, file, this.#abort.signal, pieceBytes)),
      {
        objectMode: true,
        highWaterMark: 1,
      },
    );
    const parser = parse({
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: mostRowBytes,
    });
    // Errors come out of the iterator, wherever they arose.
    const done = (): void => {};
    if (/\.gz$/i.test(file.key)) pipeline(pieces, createGunzip(), bounded(file), parser, done);
    else pipeline(pieces, bounded(file), parser, done);
    this.#rows = parser[Symbol.asyncIterator]();
  }

  /** The number of the row that was taken last; 0 for none. */
  get row(): number {
    return this.#row;
  }

  /** How many stored bytes were read; some of them are rows that were not taken yet. */
  get readBytes(): number {
    return this.#readBytes;
  }

  async *#counted(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      this.#readBytes += piece.length;
      yield piece;
    }
  }

  /**
   * The next row; undefined behind the last one, when the file has been found to be what the manifest says.
   *
   * @throws IntegrityError for a damaged file; what the transport throws; the signal's reason. Then the reader is closed
   */
  async next(signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
    if (await this.isAtEnd(signal)) return undefined;
    const { value } = this.#ahead as IteratorResult<unknown, unknown>;
    this.#ahead = undefined;
    this.#row++;
    return value as readonly string[];
  }

  /** Whether there is no next row. @throws as `next` */
  async isAtEnd(signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.#ahead === undefined) {
      const stop = signal && onAbort(signal, () => this.#abort.abort(signal.reason));
      try {
        this.#ahead = await this.#rows.next();
      } catch (error) {
        await this.close();
        signal?.throwIfAborted();
        throw this.#translated(error);
      } finally {
        stop?.();
      }
    }
    if (this.#ahead.done) this.#ended = true;
    return this.#ahead.done === true;
  }

  /** Gives up what is left. Safe to call more than once. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#abort.abort();
    await this.#rows.return?.().catch(() => {});
  }

  /** What gunzip and the parser say holds pieces of the file, and is no class of ours. */
  #translated(error: unknown): unknown {
    const code = (error as { code?: unknown } | undefined)?.code;
    if (isOssEnvelopeError(error) || typeof code !== 'string') return error;
    if (code === 'CSV_MAX_RECORD_SIZE') {
      return damaged(this.#file.key, `a row behind row ${this.#row} is longer than ${mostRowBytes} bytes`);
    }
    if (code.startsWith('CSV_')) return damaged(this.#file.key, `what follows row ${this.#row} is no CSV`);
    return code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE'
      ? damaged(this.#file.key, 'it is not compressed as gzip does')
      : error;
  }
}

/** Lets through as much as rows can be, packed as small as the file is. */
function bounded({ key, sizeBytes }: InventoryFile): Transform {
  let left = Math.max(sizeBytes * mostTimesLarger, smallestBoundBytes);
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      left -= chunk.length;
      if (left < 0) callback(damaged(key, `it unpacks to more than ${mostTimesLarger} times its size`));
      else callback(null, chunk);
    },
  });
}
