import { describe, expect, it } from 'vitest';
import { iterateStream } from './stream-iteration.js';
import { cancelStream, streamOf } from './web-stream.js';

describe("a web stream's chunks", () => {
  it('come in order, and the stream is free afterwards', async () => {
    const stream = new Blob(['abc']).stream();
    const seen: string[] = [];
    for await (const chunk of iterateStream(stream)) seen.push(Buffer.from(chunk).toString());
    expect(seen.join('')).toBe('abc');
    expect(stream.locked).toBe(false);
  });

  it('cancel the stream when the iteration is left early', async () => {
    let cancelled = 0;
    const stream = new ReadableStream({ pull: (c) => c.enqueue(1), cancel: () => void cancelled++ });
    for await (const _ of iterateStream(stream)) break;
    expect(cancelled).toBe(1);
  });

  it('do not end as if they were whole when the stream is cancelled meanwhile', async () => {
    const reason = new Error('enough');
    const reasons: unknown[] = [];
    const stream = new ReadableStream<number>({ cancel: (why) => void reasons.push(why) });
    const waiting = iterateStream(stream).next();
    cancelStream(stream, reason);
    await expect(waiting).rejects.toBe(reason);
    expect(reasons).toEqual([reason]);
  });
});

describe('to cancel a stream', () => {
  it('works before it is read, and never throws', async () => {
    const reasons: unknown[] = [];
    const stream = new ReadableStream({ cancel: (why) => void reasons.push(why) });
    cancelStream(stream, 1);
    expect(reasons).toEqual([1]);
    const stubborn = new ReadableStream({ cancel: () => Promise.reject(new Error('no')) });
    cancelStream(stubborn, 1);
    const foreign = new ReadableStream();
    foreign.getReader();
    cancelStream(foreign, 1);
    await new Promise(setImmediate);
  });
});

describe('a web stream of an iteration', () => {
  it('fetches nothing ahead, and leaves the iteration when it is cancelled', async () => {
    let given = 0;
    let left = false;
    async function* numbers(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Uint8Array.of(++given);
      } finally {
        left = true;
      }
    }
    const reader = streamOf(numbers()).getReader();
    await new Promise(setImmediate);
    expect(given).toBe(0);
    expect((await reader.read()).value).toEqual(Uint8Array.of(1));
    await new Promise(setImmediate);
    expect(given).toBe(1);
    await reader.cancel();
    expect(left).toBe(true);
  });

  it('fails with what the iteration throws', async () => {
    const failure = new Error('broken');
    // biome-ignore lint/correctness/useYield: it fails before that
    async function* broken(): AsyncGenerator<Uint8Array> {
      throw failure;
    }
    await expect(streamOf(broken()).getReader().read()).rejects.toBe(failure);
  });
});
