import type { Segment } from './segment.js';

/** Makes the bytes of a body from `offsetBytes` on, `lengthBytes` of them. Always the same for the same place. */
export type ComputeBytes = (offsetBytes: number, lengthBytes: number) => Uint8Array;

const mostAtOnceBytes = 256 * 1024;

/** A body whose bytes are made when they are read: an object of any size and content that needs no storage. */
export class ComputedSegment implements Segment {
  readonly sizeBytes: number;
  readonly #compute: ComputeBytes;

  constructor(compute: ComputeBytes, sizeBytes: number) {
    this.#compute = compute;
    this.sizeBytes = sizeBytes;
  }

  async *read(startBytes: number, endBytes: number): AsyncGenerator<Uint8Array> {
    for (let offset = startBytes; offset < endBytes; offset += mostAtOnceBytes) {
      const lengthBytes = Math.min(mostAtOnceBytes, endBytes - offset);
      const bytes = this.#compute(offset, lengthBytes);
      if (bytes.length !== lengthBytes) {
        throw new RangeError(
          `compute must give ${lengthBytes} bytes from ${offset} on; it gave ${bytes.length}`,
        );
      }
      yield bytes;
    }
  }

  retain(): void {}

  release(): void {}
}
