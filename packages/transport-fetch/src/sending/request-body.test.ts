import { OutOfRangeError, type UploadBody } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import { Exchange } from './exchange.js';
import { type BodyOptions, requestBody } from './request-body.js';

const kibibyte = 1024;
const exchange = (): Exchange => new Exchange(undefined, 60_000);
const streaming: BodyOptions = { canStream: true, maxBufferedUploadBytes: 10 };
const collecting: BodyOptions = { canStream: false, maxBufferedUploadBytes: 10 };

function chunks(sizeBytes: number | undefined, ...sizes: number[]): UploadBody {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const size of sizes) yield new Uint8Array(size).fill(size);
  }
  return { kind: 'chunks', chunks: source(), sizeBytes };
}
const bytes = (size: number): UploadBody => ({ kind: 'bytes', bytes: new Uint8Array(size).fill(7) });

describe('a body', () => {
  it('that is none is sent', async () => {
    const sent = await requestBody(undefined, exchange(), streaming);
    expect({ ...sent, isSent: sent.isSent() }).toEqual({
      body: null,
      contentLength: undefined,
      graceMs: 0,
      isSent: true,
    });
  });

  it.each([
    [0, streaming, 0],
    [1, streaming, 1],
    [256 * kibibyte, streaming, 8000],
    [256 * kibibyte + 1, collecting, 8001],
    [1024 * kibibyte, collecting, 32_000],
  ])('of %i bytes may be one block, with time for a slow line', async (size, options, graceMs) => {
    const sent = await requestBody(bytes(size), exchange(), options);
    expect(sent.body).toBeInstanceOf(Uint8Array);
    // Byte by byte, expect would take a second.
    expect(Buffer.alloc(size, 7).equals(sent.body as Uint8Array)).toBe(true);
    expect({ ...sent, body: undefined, isSent: sent.isSent() }).toEqual({
      body: undefined,
      contentLength: size,
      graceMs,
      isSent: true,
    });
  });

  it('of more bytes is a stream of slices, each of which is seen', async () => {
    const own = exchange();
    let seen = 0;
    own.moved = () => void seen++;
    const size = 512 * kibibyte + 1;
    const sent = await requestBody(bytes(size), own, streaming);
    expect([sent.contentLength, sent.graceMs, sent.isSent()]).toEqual([size, 0, false]);
    const reader = (sent.body as ReadableStream<Uint8Array>).getReader();
    expect(seen).toBe(0);
    const sizes: (number | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) {
      expect(sent.isSent()).toBe(false);
      sizes.push((await reader.read()).value?.length);
    }
    expect(sizes).toEqual([256 * kibibyte, 256 * kibibyte, 1]);
    expect(sent.isSent()).toBe(true);
    expect(seen).toBe(3);
    expect((await reader.read()).done).toBe(true);
  });

  it('of slices that fill it ends with the last', async () => {
    const sent = await requestBody(bytes(512 * kibibyte), exchange(), streaming);
    const reader = (sent.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.read();
    expect(sent.isSent()).toBe(true);
    expect((await reader.read()).done).toBe(true);
  });

  it('of shared memory is copied', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)) as unknown as Uint8Array;
    const { body } = await requestBody({ kind: 'bytes', bytes: shared }, exchange(), streaming);
    expect((body as Uint8Array).buffer).toBeInstanceOf(ArrayBuffer);
  });
});

describe('chunks', () => {
  it.each([undefined, 64 * kibibyte + 1])('of %j bytes are a stream', async (size) => {
    const sent = await requestBody(chunks(size, 1), exchange(), streaming);
    expect(sent.body).toBeInstanceOf(ReadableStream);
    expect(sent.contentLength).toBe(size);
  });

  it('of few bytes are one block', async () => {
    const own = { ...streaming, maxBufferedUploadBytes: 64 * kibibyte };
    const sent = await requestBody(chunks(64 * kibibyte, 2, 3), exchange(), own);
    expect(sent.body).toEqual(Uint8Array.of(2, 2, 3, 3, 3));
    expect(sent.contentLength).toBe(5);
  });

  it('are collected where nothing else is possible, up to the limit', async () => {
    expect((await requestBody(chunks(undefined, 4, 6), exchange(), collecting)).contentLength).toBe(10);
    expect((await requestBody(chunks(10, 4, 6), exchange(), collecting)).contentLength).toBe(10);
    await expect(requestBody(chunks(undefined, 4, 7), exchange(), collecting)).rejects.toThrow(
      OutOfRangeError,
    );
    let asked = false;
    const untouched = {
      [Symbol.asyncIterator]() {
        asked = true;
        throw new Error('asked');
      },
    };
    const tooMany = { kind: 'chunks', chunks: untouched, sizeBytes: 11 } as const;
    await expect(requestBody(tooMany, exchange(), collecting)).rejects.toThrow(OutOfRangeError);
    expect(asked).toBe(false);
  });
});
