import { createReadStream } from 'node:fs';
import { onAbort } from '@oss-envelope/core/adapter';

const newline = 0x0a;

/** A line of a file, without its end; undefined for one that is longer than it may be. */
export type Line = Buffer | undefined;

/** The lines of a file, in order, at the pace at which they are taken. Memory is that of the longest line that is kept. */
export class FileLines {
  readonly #lines: AsyncGenerator<Line, void, undefined>;
  readonly #abort = new AbortController();
  #number = 0;

  /** @param mostBytes - longer lines are passed over */
  constructor(path: string, mostBytes: number) {
    this.#lines = readLines(path, mostBytes, this.#abort.signal);
  }

  /** How many lines were taken. */
  get number(): number {
    return this.#number;
  }

  /** The next line; undefined behind the last one. @throws what the file system says, or the signal's reason */
  async next(signal: AbortSignal | undefined): Promise<{ readonly line: Line } | undefined> {
    signal?.throwIfAborted();
    const stop = signal && onAbort(signal, () => this.#abort.abort());
    try {
      const { done, value } = await this.#lines.next();
      if (done) return undefined;
      this.#number++;
      return { line: value };
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      stop?.();
    }
  }

  /** Closes the file. Safe to call more than once. */
  async close(): Promise<void> {
    await this.#lines.return();
  }
}

async function* readLines(
  path: string,
  mostBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Line, void, undefined> {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let isTooLong = false;
  const keep = (piece: Buffer): void => {
    keptBytes += piece.length;
    isTooLong ||= keptBytes > mostBytes;
    if (isTooLong) kept = [];
    else kept.push(piece);
  };
  const take = (): Line => {
    const line = isTooLong ? undefined : Buffer.concat(kept);
    kept = [];
    keptBytes = 0;
    isTooLong = false;
    return line;
  };
  for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  }
  if (keptBytes > 0) yield take();
}
