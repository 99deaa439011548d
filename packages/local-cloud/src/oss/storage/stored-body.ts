import type { Segment } from './segment.js';

/** The bytes of an object: segments one after the other. Holds its segments until it is released. */
export class StoredBody {
  readonly segments: readonly Segment[];
  readonly sizeBytes: number;
  #held = true;

  /** Takes over one hold on each of the segments. */
  constructor(segments: readonly Segment[]) {
    this.segments = segments;
    this.sizeBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  }

  /** A second body of the same bytes, to be released on its own. */
  share(): StoredBody {
    for (const segment of this.segments) segment.retain();
    return new StoredBody(this.segments);
  }

  /** Gives the segments up. Calling it again does nothing. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    for (const segment of this.segments) segment.release();
  }

  /** Yields the bytes [startBytes, endBytes); see {@link Segment.read} for how long a chunk is valid. */
  async *read(startBytes = 0, endBytes: number = this.sizeBytes): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for (const segment of this.segments) {
      const from = Math.max(0, startBytes - offset);
      const to = Math.min(segment.sizeBytes, endBytes - offset);
      if (from < to) yield* segment.read(from, to);
      offset += segment.sizeBytes;
    }
  }

  /** The bytes [startBytes, endBytes) in one piece. */
  async bytes(startBytes = 0, endBytes: number = this.sizeBytes): Promise<Buffer> {
    const result = Buffer.allocUnsafe(Math.max(0, endBytes - startBytes));
    let offset = 0;
    for await (const chunk of this.read(startBytes, endBytes)) {
      result.set(chunk, offset);
      offset += chunk.length;
    }
    return result;
  }
}
