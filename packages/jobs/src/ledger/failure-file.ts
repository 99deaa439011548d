import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { FailureRecord } from '../contract/object-outcome.js';
import { failureLine, parseFailure } from './failure-lines.js';

/** Where lines of one attempt stand, from the first byte to the one behind the last. */
interface Stretch {
  readonly fromBytes: number;
  toBytes: number;
}

/**
 * A file of lines about objects that are not done, to which ranges add at once. It is read through once; after that each
 * attempt's lines are read where they are.
 */
export class FailureFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** One at a time: what is long is written piece by piece, and ranges would write into each other's lines. */
  #added: Promise<void> = Promise.resolve();
  #isCut = false;
  #places: Promise<ReadonlyMap<string, readonly Stretch[]>> | undefined;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** Opens it for appending. A line that a crash cut off ends here, so that the next one stands by itself. */
  static async open(path: string): Promise<FailureFile> {
    const handle = await open(path, 'a+', 0o600);
    try {
      const { size } = await handle.stat();
      if (size > 0) {
        const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
        if (buffer[0] !== 0x0a) await handle.appendFile('\n');
      }
      return new FailureFile(path, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Resolves when the lines are on the disk. */
  add(attempt: string, failures: readonly FailureRecord[]): Promise<void> {
    const lines = failures.map((failure) => failureLine(attempt, failure)).join('');
    const added = this.#added.then(async () => {
      this.#places = undefined;
      // A line that a full disk cut off must not swallow the next one.
      await this.#handle.appendFile(this.#isCut ? `\n${lines}` : lines);
      this.#isCut = false;
      await this.#handle.datasync();
    });
    this.#added = added.catch(() => {
      this.#isCut = true;
    });
    return added;
  }

  /** The lines of an attempt, in the order in which they were added. */
  async *of(attempt: string): AsyncGenerator<FailureRecord> {
    await this.#added;
    this.#places ??= placesOf(this.#path);
    const stretches = (await this.#places).get(attempt) ?? [];
    for (const { fromBytes, toBytes } of stretches) {
      for await (const { text } of linesOf(this.#path, fromBytes, toBytes)) {
        const failure = parseFailure(text);
        if (failure?.attempt === attempt) yield failure.record;
      }
    }
  }

  async clear(): Promise<void> {
    await this.#added;
    this.#places = undefined;
    await this.#handle.truncate(0);
  }

  async close(): Promise<void> {
    await this.#added;
    await this.#handle.close();
  }
}

/** Where each attempt's lines are. What an attempt adds at once stands together, so that is little. */
async function placesOf(path: string): Promise<ReadonlyMap<string, readonly Stretch[]>> {
  const places = new Map<string, Stretch[]>();
  for await (const { text, fromBytes, toBytes } of linesOf(path)) {
    const attempt = parseFailure(text)?.attempt;
    if (attempt === undefined) continue;
    const own = places.get(attempt) ?? [];
    places.set(attempt, own);
    const last = own.at(-1);
    if (last?.toBytes === fromBytes) last.toBytes = toBytes;
    else own.push({ fromBytes, toBytes });
  }
  return places;
}

/** The lines of a file, or of a part of it, and where they stand; what has no line end is none. */
async function* linesOf(
  path: string,
  start = 0,
  end = Number.POSITIVE_INFINITY,
): AsyncGenerator<Stretch & { readonly text: string }> {
  if (end <= start) return;
  let fromBytes = start;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { start, end: end - 1 }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let next = rest.indexOf(0x0a); next >= 0; next = rest.indexOf(0x0a, at)) {
      const toBytes = fromBytes + next + 1 - at;
      yield { text: rest.toString('utf8', at, next), fromBytes, toBytes };
      fromBytes = toBytes;
      at = next + 1;
    }
    rest = rest.subarray(at);
  }
}
