import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../test/memory-transport.js';
import { peek } from './peeked-source.js';
import { openSource, type Source } from './source.js';
import { plaintextOf } from './source-reading.js';

const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);

async function all(source: Source): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of plaintextOf(source, undefined)) parts.push(Uint8Array.from(chunk));
  return Uint8Array.from(Buffer.concat(parts));
}

describe('a peeked source', () => {
  it.each([1, 7, 99, 100, 101])('of chunks of %i bytes is whole', async (size) => {
    for (const max of [1, 50, 99, 100, 1000]) {
      const peeked = await peek(openSource(inChunks(bytes, size), undefined), max, undefined);
      expect(peeked.kind).toBe(max >= 100 ? 'bytes' : 'chunks');
      expect(peeked.sizeBytes).toBe(max >= 100 ? 100 : undefined);
      // Its first bytes are read: nobody can read it twice.
      if (peeked.kind === 'chunks') expect(peeked.comesAgain).toBe(false);
      expect(await all(peeked)).toEqual(bytes);
    }
  });

  it('copies what it keeps: a source may use its memory again', async () => {
    async function* reusing(): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(10);
      for (let offset = 0; offset < 100; offset += 10) {
        buffer.set(bytes.subarray(offset, offset + 10));
        yield buffer;
      }
    }
    for (const max of [35, 100]) {
      expect(await all(await peek(openSource(reusing(), undefined), max, undefined))).toEqual(bytes);
    }
  });

  it.each([
    [99, 'chunks'],
    [100, 'bytes'],
    [1_000_000, 'bytes'],
  ])('of a size that is known takes no more memory than it has: within %i bytes', async (max, kind) => {
    const peeked = await peek(openSource(inChunks(bytes, 7), 100), max, undefined);
    expect(peeked).toMatchObject({ kind, sizeBytes: 100 });
    if (peeked.kind === 'bytes') expect(peeked.bytes.buffer.byteLength).toBe(100);
    expect(await all(peeked)).toEqual(bytes);
  });

  it('may have an iterator that has no way to end', async () => {
    const chunks = [bytes, bytes];
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      const value = chunks.shift();
      return value === undefined ? { done: true, value } : { done: false, value };
    };
    const open = (): AsyncIterable<Uint8Array> => ({ [Symbol.asyncIterator]: () => ({ next }) });
    const source: Source = { kind: 'chunks', sizeBytes: undefined, comesAgain: true, open };
    expect(await all(await peek(source, 10, undefined))).toHaveLength(200);
  });

  it('is what it was when it is in memory', async () => {
    const source = openSource(bytes, undefined);
    expect(await peek(source, 1, undefined)).toBe(source);
  });

  it('may be empty', async () => {
    const peeked = await peek(openSource(inChunks(new Uint8Array(), 1), undefined), 10, undefined);
    expect(peeked).toMatchObject({ kind: 'bytes', sizeBytes: 0 });
  });

  it('ends the wait for a chunk by the signal of who reads it', async () => {
    const reason = new Error('enough');
    const call = new AbortController();
    const upload = new AbortController();
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield bytes;
      await new Promise(() => {});
    }
    const peeked = await peek(openSource(silent(), undefined), 10, call.signal);
    const iterator = plaintextOf(peeked, upload.signal)[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(bytes);
    const waiting = iterator.next();
    upload.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('stops listening to the signal, and ends its source, when it is given up before it is read', async () => {
    const { signal } = new AbortController();
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bytes;
      } finally {
        ended = true;
      }
    }
    const peeked = await peek(openSource(endless(), undefined), 10, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    if (peeked.kind === 'chunks') peeked.giveUp?.();
    await setImmediate();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(ended).toBe(true);
  });

  it('ends its source when it is left early', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bytes;
      } finally {
        ended = true;
      }
    }
    const peeked = await peek(openSource(endless(), undefined), 10, undefined);
    for await (const _ of plaintextOf(peeked, undefined)) break;
    expect(ended).toBe(true);
  });
});
