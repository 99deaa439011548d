/**
 * A fixed number of buffers, each for one part. They are made when they are first needed, and used again. They bound the
 * memory of an upload.
 */
export class PartBuffers {
  readonly #sizeBytes: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #waiting: ((buffer: Uint8Array<ArrayBuffer>) => void)[] = [];
  #unmade: number;

  constructor(count: number, sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#unmade = count;
  }

  /** Resolves with a buffer when one is free. */
  async take(): Promise<Uint8Array<ArrayBuffer>> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#unmade > 0) {
      this.#unmade--;
      return new Uint8Array(this.#sizeBytes);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a buffer back. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }
}
