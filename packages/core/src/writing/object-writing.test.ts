import { randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { memoryCheckpoint } from '@oss-envelope/test-kit';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { inChunks, MemoryTransport } from '../../test/memory-transport.js';
import { sampleWriting } from '../../test/sample-writing.js';
import { toyProvider } from '../../test/toy-provider.js';
import { OutOfRangeError } from '../errors/errors.js';
import { writeObject } from './object-writing.js';
import { openSource } from './source.js';

const mebibyte = 1024 * 1024;
const large = randomBytes(4 * mebibyte + 1);
const small = large.subarray(0, 4 * mebibyte);
const partSizeBytes = 100 * 1024;

let memory: MemoryTransport;
beforeEach(() => {
  memory = new MemoryTransport();
});

/** How what was put went. */
function way(): string {
  if (memory.callsOf('finish').length > 0) return `${memory.callsOf('putPart').length} parts`;
  return memory.puts[0]?.body.kind ?? 'nothing';
}

describe('the way of a content', () => {
  it.each([
    ['small bytes', () => openSource(small, undefined), 'bytes'],
    ['large bytes', () => openSource(large, undefined), 'chunks'],
    ['a small Blob', () => openSource(new Blob([small]), undefined), 'bytes'],
    ['a large Blob', () => openSource(new Blob([large]), undefined), 'chunks'],
    ['a small stream of known length', () => openSource(Readable.from([small]), small.length), 'bytes'],
    ['a large stream of known length', () => openSource(Readable.from([large]), large.length), 'chunks'],
    ['a small stream of unknown length', () => openSource(Readable.from([small]), undefined), 'bytes'],
    ['a large stream of unknown length', () => openSource(Readable.from([large]), undefined), 'chunks'],
    ['nothing', () => openSource('', undefined), 'bytes'],
  ])('of %s', async (_, open, expected) => {
    for (const format of ['oss-crypto', 'client-side-encryption'] as const) {
      memory.puts.length = 0;
      await writeObject(sampleWriting(memory, { context: { format } }), open());
      expect(way()).toBe(expected);
    }
  });

  it('that comes in a few bytes of any kind is one request of bytes', async () => {
    for (const content of ['abc', new Blob(['abc']), Readable.from([Buffer.from('abc')])]) {
      memory.puts.length = 0;
      await writeObject(sampleWriting(memory), openSource(content, 3));
      expect(memory.puts.map(({ body }) => body.kind)).toEqual(['bytes']);
    }
  });

  it.each([
    [3 * partSizeBytes, 'bytes'],
    [3 * partSizeBytes + 1, '4 parts'],
  ])('of %i bytes goes by the threshold', async (size, expected) => {
    const writing = sampleWriting(memory, { multipartThresholdBytes: 3 * partSizeBytes, partSizeBytes });
    await writeObject(writing, openSource(large.subarray(0, size), undefined));
    expect(way()).toBe(expected);
  });

  it.each([
    [partSizeBytes, 'bytes'],
    [partSizeBytes + 1, '2 parts'],
  ])('of %i bytes with a checkpoint goes by the size of a part', async (size, expected) => {
    const writing = sampleWriting(memory, { checkpoint: memoryCheckpoint(), partSizeBytes });
    await writeObject(writing, openSource(large.subarray(0, size), undefined));
    expect(way()).toBe(expected);
  });

  it.each([
    [partSizeBytes, 'bytes'],
    [partSizeBytes + 1, '2 parts'],
  ])('of %i bytes, which was not known, goes by the size of a part', async (size, expected) => {
    const content = inChunks(large.subarray(0, size), 10_000);
    await writeObject(sampleWriting(memory, { partSizeBytes }), openSource(content, undefined));
    expect(way()).toBe(expected);
  });

  it('of unknown length is one request where parts announce their length', async () => {
    const content = inChunks(large, 10_000);
    const writing = sampleWriting(memory, { partSizeBytes, context: { format: 'client-side-encryption' } });
    await writeObject(writing, openSource(content, undefined));
    expect(way()).toBe('chunks');
    expect(memory.puts[0]?.body).toMatchObject({ sizeBytes: undefined });
  });

  it('of unknown length has no checkpoint', async () => {
    const writing = sampleWriting(memory, { checkpoint: memoryCheckpoint() });
    const failure = await writeObject(writing, openSource(inChunks(small, 10_000), undefined)).catch(
      (error) => error,
    );
    expect(failure).toBeInstanceOf(OutOfRangeError);
    expect(failure).toMatchObject({ argument: 'sizeBytes' });
    expect(memory.calls).toHaveLength(0);
  });

  it('is told of a part size that cannot be used, also where no parts are needed', async () => {
    const writing = sampleWriting(memory, { partSizeBytes: 5 });
    await expect(writeObject(writing, openSource('abc', undefined))).rejects.toThrow(OutOfRangeError);
  });

  it('ends without a key when the source fails before it gave anything', async () => {
    const failure = new Error('the disk is gone');
    let keys = 0;
    const provider = { ...toyProvider(1), wrapKey: () => Promise.reject(new Error(`${++keys}`)) };
    const writing = sampleWriting(memory, { context: { provider } });
    const failing = openSource(
      new Readable({
        read() {
          this.destroy(failure);
        },
      }),
      undefined,
    );
    await expect(writeObject(writing, failing)).rejects.toBe(failure);
    expect(keys).toBe(0);
  });
});

describe('a content whose way was chosen by its first bytes', () => {
  it('is ended when its upload does not begin, and its call listens no more', async () => {
    const { signal } = new AbortController();
    let ended = false;
    const content = (async function* () {
      try {
        yield* inChunks(large, 10_000);
      } finally {
        ended = true;
      }
    })();
    const failure = new Error('no key');
    const provider = { ...toyProvider(1), wrapKey: () => Promise.reject(failure) };
    const writing = sampleWriting(memory, { partSizeBytes, signal, context: { provider } });
    await expect(writeObject(writing, openSource(content, undefined))).rejects.toThrow();
    expect(memory.calls).toEqual([]);
    await vi.waitFor(() => expect(ended).toBe(true));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is otherwise given up by whoever gave it', async () => {
    const giveUp = vi.fn();
    const source = { ...openSource(new Blob([large]), undefined), giveUp };
    const provider = { ...toyProvider(1), wrapKey: () => Promise.reject(new Error('no key')) };
    for (const multipartThresholdBytes of [mebibyte, 32 * mebibyte]) {
      const writing = sampleWriting(memory, { multipartThresholdBytes, context: { provider } });
      await expect(writeObject(writing, source)).rejects.toThrow();
    }
    expect(memory.calls).toEqual([]);
    expect(giveUp).not.toHaveBeenCalled();
  });
});
