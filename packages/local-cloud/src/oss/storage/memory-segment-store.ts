import type { Segment, SegmentSink, SegmentStore } from './segment.js';

// Socket reads come in chunks of 64 KiB that may sit in a larger allocation; small bodies are copied together.
const coalesceBelowBytes = 1024 * 1024;

class MemorySegment implements Segment {
  readonly sizeBytes: number;
  readonly #chunks: readonly Uint8Array[];

  constructor(chunks: readonly Uint8Array[], sizeBytes: number) {
    this.#chunks = chunks;
    this.sizeBytes = sizeBytes;
  }

  async *read(startBytes: number, endBytes: number): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for (const chunk of this.#chunks) {
      if (offset >= endBytes) return;
      const from = Math.max(0, startBytes - offset);
      const to = Math.min(chunk.length, endBytes - offset);
      if (from < to) yield chunk.subarray(from, to);
      offset += chunk.length;
    }
  }

  retain(): void {}

  release(): void {}
}

class MemorySink implements SegmentSink {
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;

  write(chunk: Uint8Array): undefined {
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.length;
  }

  async commit(): Promise<Segment> {
    const chunks = this.#sizeBytes < coalesceBelowBytes ? [Buffer.concat(this.#chunks)] : this.#chunks;
    return new MemorySegment(chunks, this.#sizeBytes);
  }

  async discard(): Promise<void> {
    this.#chunks = [];
  }
}

/** Keeps bodies in memory. */
export class MemorySegmentStore implements SegmentStore {
  async open(): Promise<SegmentSink> {
    return new MemorySink();
  }

  async close(): Promise<void> {}
}
