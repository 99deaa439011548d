import type { Segment, SegmentSink, SegmentStore } from './segment.js';

class DiscardedSegment implements Segment {
  readonly sizeBytes: number;
  readonly discarded = true;

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  read(): AsyncIterable<Uint8Array> {
    throw new Error('the body was discarded');
  }

  retain(): void {}

  release(): void {}
}

class DiscardSink implements SegmentSink {
  #sizeBytes = 0;

  write(chunk: Uint8Array): undefined {
    this.#sizeBytes += chunk.length;
  }

  async commit(): Promise<Segment> {
    return new DiscardedSegment(this.#sizeBytes);
  }

  async discard(): Promise<void> {}
}

/** Counts bodies and keeps none: for benchmarks of a client. Reading such an object is answered by a 500. */
export class DiscardSegmentStore implements SegmentStore {
  async open(): Promise<SegmentSink> {
    return new DiscardSink();
  }

  async close(): Promise<void> {}
}
