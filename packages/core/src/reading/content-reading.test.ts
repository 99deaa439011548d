import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../test/memory-transport.js';
import { crc64Of, plainCrc64 } from '../../test/plain-crc64.js';
import type { ContentScheme } from '../cipher/content-scheme.js';
import { counterMode } from '../cipher/counter-mode.js';
import type { ByteRange } from '../cipher/plaintext-range.js';
import type { DownloadResponse } from '../contract/object-transport.js';
import { IntegrityError } from '../errors/errors.js';
import { type ContentReadingOptions, readContent, verifyMd5 } from './content-reading.js';
import { placeOfBody, planRead } from './read-plan.js';

const key = { dataKey: new Uint8Array(32).fill(3), counterBlock: new Uint8Array(16) };
const plaintext = randomBytes(200_000);
const stored = await counterMode.encryptBytes(plaintext, key);

/** An answer with the stored bytes, or those of a part. */
function answer(
  first = 0,
  end = stored.length,
  chunkBytes = 50_000,
): DownloadResponse & { left: () => boolean } {
  const isPart = first > 0 || end < stored.length;
  let left = false;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let isWhole = false;
    try {
      // Buffers of their own, as a transport's may be.
      for await (const chunk of inChunks(stored.subarray(first, end), chunkBytes))
        yield Uint8Array.from(chunk);
      isWhole = true;
    } finally {
      left = !isWhole;
    }
  }
  return {
    status: isPart ? 206 : 200,
    headers: {
      'content-length': String(end - first),
      ...(isPart && { 'content-range': `bytes ${first}-${end - 1}/${stored.length}` }),
    },
    chunks: chunks(),
    cancel: async () => {},
    left: () => left,
  };
}

function read(
  response: DownloadResponse,
  range?: ByteRange,
  options?: ContentReadingOptions,
  contentKey: typeof key | undefined = key,
): AsyncIterable<Uint8Array> {
  const plan = planRead(counterMode, range, placeOfBody(response));
  if (plan === undefined) throw new Error('the answer lacks bytes');
  return readContent({ response, plan, scheme: counterMode, key: contentKey }, options);
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
  return Buffer.concat(parts);
}
const same = (a: Uint8Array, b: Uint8Array): void => expect(Buffer.compare(a, b)).toBe(0);

describe('a range of a body', () => {
  const range = { offsetBytes: 60_001, lengthBytes: 30_000 };
  const expected = plaintext.subarray(60_001, 90_001);

  it.each([1, 1000, 50_000, 200_000])('is taken out of a whole body in chunks of %i bytes', async (size) => {
    same(await all(read(answer(0, stored.length, size), range)), expected);
  });

  it('is taken out of a part with more around it', async () => {
    same(await all(read(answer(60_000, 90_100), range)), expected);
    same(await all(read(answer(60_001, 90_001), range)), expected);
  });

  it('leaves a body early when much of it is left, and reads to its end when little is', async () => {
    const much = answer();
    await all(read(much, range));
    expect(much.left()).toBe(true);
    const little = answer(60_000, 95_000, 1000);
    await all(read(little, range));
    expect(little.left()).toBe(false);
    // Behind the range are 64 KiB, and a byte more.
    const head = { offsetBytes: 0, lengthBytes: 100_000 };
    for (const [more, left] of [
      [0, false],
      [1, true],
    ] as const) {
      const response = answer(0, 100_000 + 64 * 1024 + more, 50_000);
      await all(read(response, head));
      expect(response.left()).toBe(left);
    }
  });

  it('that ends where a chunk ends does not wait for another', async () => {
    const response = answer(0, stored.length, 45_000);
    same(await all(read(response, { offsetBytes: 0, lengthBytes: 45_000 })), plaintext.subarray(0, 45_000));
    expect(response.left()).toBe(true);
  });

  it('has no fewer bytes than were announced, and the body no more', async () => {
    const short = { ...answer(60_001, 90_001), chunks: inChunks(stored.subarray(60_001, 90_000), 1000) };
    await expect(all(read(short, range))).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    const long = { ...answer(60_001, 90_001), chunks: inChunks(stored.subarray(60_001, 90_002), 1000) };
    await expect(all(read(long, range))).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    const around = { ...answer(60_001, 90_010), chunks: inChunks(stored.subarray(60_001, 90_011), 1000) };
    await expect(all(read(around, range))).rejects.toThrow(/more/);
  });
});

describe('a whole body', () => {
  it('has as many bytes as were announced', async () => {
    const short = { ...answer(), chunks: inChunks(stored.subarray(1), 1000) };
    await expect(all(read(short))).rejects.toThrow(/fewer/);
    const long = { ...answer(), chunks: inChunks(Buffer.concat([stored, Buffer.from('x')]), 1000) };
    await expect(all(read(long))).rejects.toThrow(/more/);
    // A hint only where it helps.
    for (const headers of [long.headers, { ...long.headers, 'content-encoding': 'identity' }]) {
      const chunks = inChunks(stored.subarray(1), 1000);
      await expect(all(read({ ...long, headers, chunks }))).rejects.toThrow(/^(?!.*Content-Encoding)/);
    }
    const encoded = {
      ...long,
      headers: { ...long.headers, 'content-encoding': 'gzip' },
      chunks: short.chunks,
    };
    await expect(all(read({ ...encoded, chunks: inChunks(stored.subarray(1), 1000) }))).rejects.toThrow(
      /Content-Encoding/,
    );
  });

  it('of unannounced length is compared with the recorded one', async () => {
    const response = () => ({ ...answer(), headers: {} });
    same(await all(read(response(), undefined, { recordedSizeBytes: plaintext.length })), plaintext);
    await expect(
      all(read(response(), undefined, { recordedSizeBytes: plaintext.length + 1 })),
    ).rejects.toThrow(/records 200001/);
  });

  it('is summed as it is stored', async () => {
    const sum = plainCrc64.create();
    await all(read(answer(), undefined, { sum, expectedCrc64: crc64Of(stored) }));
    expect(sum.digest()).toBe(crc64Of(stored));
    await expect(
      all(read(answer(), undefined, { sum: plainCrc64.create(), expectedCrc64: '1' })),
    ).rejects.toThrow(/CRC-64/);
  });

  it('has the MD5 that is recorded', async () => {
    const expectedMd5 = createHash('md5').update(plaintext).digest('base64');
    await all(read(answer(), undefined, { expectedMd5 }));
    const other = createHash('md5').update('x').digest('base64');
    await expect(all(read(answer(), undefined, { expectedMd5: other }))).rejects.toThrow(IntegrityError);
  });

  it('is told of as it is read', async () => {
    const told: unknown[] = [];
    await all(
      read(answer(), undefined, {
        progress: { onProgress: (progress) => told.push(progress), end: () => {} },
      }),
    );
    expect(told.length).toBeGreaterThan(3);
    expect(told.at(-1)).toEqual({ transferredBytes: 200_000, totalBytes: 200_000 });
  });

  it('of nothing is told of once', async () => {
    const told: unknown[] = [];
    let ends = 0;
    const progress = { onProgress: (one: unknown) => void told.push(one), end: () => void ends++ };
    const empty = { ...answer(), headers: { 'content-length': '0' }, chunks: inChunks(stored, 0) };
    const chunks = (async function* (): AsyncGenerator<Uint8Array> {})();
    expect(await all(read({ ...empty, chunks }, undefined, { progress }))).toHaveLength(0);
    expect(told).toEqual([{ transferredBytes: 0, totalBytes: 0 }]);
    expect(ends).toBe(1);
  });
});

describe('a frame', () => {
  /** How the decryptor, which takes 10 bytes at once, is asked for a body of so many bytes in chunks of so many. */
  async function callsFor(sizeBytes: number, chunkBytes: number): Promise<string[]> {
    const calls: string[] = [];
    const noted = (name: string) => (bytes: Uint8Array) => {
      calls.push(`${name} ${bytes.length}`);
      return Uint8Array.from(bytes);
    };
    const scheme: ContentScheme = {
      ...counterMode,
      decryptor: () => ({
        maxUpdateBytes: 10,
        update: noted('update'),
        whole: noted('whole'),
        finish: () => noted('finish')(new Uint8Array()),
        recycle: () => {},
      }),
    };
    const body = new Uint8Array(sizeBytes).map((_, index) => index);
    const response: DownloadResponse = {
      status: 200,
      headers: { 'content-length': String(sizeBytes) },
      chunks: inChunks(body, chunkBytes),
      cancel: async () => {},
    };
    const plan = planRead(scheme, undefined, placeOfBody(response));
    if (plan === undefined) throw new Error('it is whole');
    for await (const chunk of readContent({ response, plan, scheme, key })) calls.push(`out ${chunk.length}`);
    return calls;
  }

  it('that came in one piece, which the decryptor takes at once, has nothing to wait for', async () => {
    expect(await callsFor(9, 9)).toEqual(['whole 9', 'out 9']);
    expect(await callsFor(10, 10)).toEqual(['whole 10', 'out 10']);
  });

  it('of more is taken piece by piece, and no chunk without bytes comes out at its end', async () => {
    expect(await callsFor(11, 11)).toEqual(['update 10', 'out 10', 'update 1', 'out 1', 'finish 0']);
    expect(await callsFor(10, 6)).toEqual(['update 6', 'out 6', 'update 4', 'out 4', 'finish 0']);
  });
});

describe('memory', () => {
  it.each([
    [true, [0, 0, 0, 0]],
    [false, [50_000, 50_000, 50_000, 50_000]],
  ])('of chunks that are owned (%s) is freed', async (chunksAreOwned, lengths) => {
    const given: Uint8Array[] = [];
    async function* noted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of answer().chunks) {
        given.push(chunk);
        yield chunk;
      }
    }
    const kept: Uint8Array[] = [];
    for await (const chunk of read({ ...answer(), chunks: noted(), chunksAreOwned })) kept.push(chunk);
    same(Buffer.concat(kept), plaintext);
    expect(given.map(({ length }) => length)).toEqual(lengths);
  });

  it('of a chunk that is decrypted in pieces is freed with the last one', async () => {
    const { maxUpdateBytes } = counterMode.decryptor(key, {} as never);
    for (const chunkBytes of [maxUpdateBytes, maxUpdateBytes + 1, stored.length]) {
      const given: Uint8Array[] = [];
      const response = answer(0, stored.length, chunkBytes);
      const chunks = (async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of response.chunks) {
          given.push(chunk);
          yield chunk;
        }
      })();
      same(await all(read({ ...response, chunks, chunksAreOwned: true })), plaintext);
      expect(given.every(({ length }) => length === 0)).toBe(true);
    }
  });

  it('of plaintext is freed for who says that it need not last', async () => {
    const kept: Uint8Array[] = [];
    for await (const chunk of read(answer(), undefined, { transient: true })) {
      expect(kept.every(({ length }) => length === 0)).toBe(true);
      kept.push(chunk);
    }
    expect(kept).toHaveLength(4);
  });

  it("of a plain object is the transport's", async () => {
    const response = { ...answer(), chunksAreOwned: true };
    const plan = planRead(counterMode, undefined, placeOfBody(response));
    if (plan === undefined) throw new Error('it is whole');
    const chunks = readContent({ response, plan, scheme: counterMode, key: undefined }, { transient: true });
    const kept: Uint8Array[] = [];
    for await (const chunk of chunks) kept.push(chunk);
    same(Buffer.concat(kept), stored);
  });
});

it('chunks come in order to overlapping calls', async () => {
  const iterator = read(answer())[Symbol.asyncIterator]();
  const results = await Promise.all(Array.from({ length: 5 }, () => iterator.next()));
  expect(results.map(({ done }) => done)).toEqual([false, false, false, false, true]);
  same(Buffer.concat(results.slice(0, 4).map(({ value }) => value as Uint8Array)), plaintext);
});

describe('the MD5 of a plaintext', () => {
  const md5 = createHash('md5').update(plaintext).digest('base64');

  it('is compared', async () => {
    await verifyMd5(inChunks(plaintext, 50_000), md5);
    await expect(verifyMd5(inChunks(plaintext.subarray(1), 50_000), md5)).rejects.toMatchObject({
      code: 'ERR_INTEGRITY',
    });
  });
});
