import type { Segment } from './segment.js';

/** A body made of one block over and over: an object of any size that needs no storage. */
export class SyntheticSegment implements Segment {
  readonly sizeBytes: number;
  readonly #block: Uint8Array;

  /** @param block At least one byte; it must not be changed afterwards. */
  constructor(block: Uint8Array, sizeBytes: number) {
    if (block.length === 0) throw new RangeError('block must hold at least one byte');
    this.#block = block;
    this.sizeBytes = sizeBytes;
  }

  async *read(startBytes: number, endBytes: number): AsyncGenerator<Uint8Array> {
    const blockBytes = this.#block.length;
    for (let offset = startBytes; offset < endBytes; ) {
      const from = offset % blockBytes;
      const to = Math.min(blockBytes, from + endBytes - offset);
      yield this.#block.subarray(from, to);
      offset += to - from;
    }
  }

  retain(): void {}

  release(): void {}
}
