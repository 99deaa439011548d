import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../test/memory-transport.js';
import { crc64Of, plainCrc64 } from '../../test/plain-crc64.js';
import { toyScheme } from '../../test/toy-scheme.js';
import { counterMode } from '../cipher/counter-mode.js';
import type { Progress } from '../stream/progress.js';
import { EncryptedBody } from './encrypted-body.js';

const key = { dataKey: new Uint8Array(32).fill(1), counterBlock: new Uint8Array(16) };
const plaintext = randomBytes(1_000_000);

describe('an encrypted body', () => {
  it.each([
    ['counter mode', counterMode],
    ['another scheme', toyScheme],
  ])('is encrypted, summed and counted in one pass, in %s', async (_, scheme) => {
    const sum = plainCrc64.create();
    const told: Progress[] = [];
    const body = new EncryptedBody(inChunks(plaintext, 300_000), {
      encryptor: scheme.encryptor(key),
      sum,
      takenInTurn: false,
      onProgress: (progress) => told.push(progress),
      totalBytes: plaintext.length,
    });
    const kept: Uint8Array[] = [];
    for await (const chunk of body.chunks) {
      expect(body.tally.isWhole).toBe(false);
      expect(chunk.length).toBeGreaterThan(0);
      kept.push(chunk);
    }
    const stored = Buffer.concat(kept);
    expect(Buffer.compare(stored, await scheme.encryptBytes(plaintext, key))).toBe(0);
    expect(sum.digest()).toBe(crc64Of(stored));
    expect(body.tally).toEqual({
      plaintextBytes: plaintext.length,
      storedBytes: stored.length,
      isWhole: true,
    });
    expect(told.length).toBeGreaterThan(3);
    expect(told.at(-1)).toEqual({ transferredBytes: plaintext.length, totalBytes: plaintext.length });
  });

  it('frees a chunk when the next one is asked for, if it is taken in turn, and no other', async () => {
    const own = Uint8Array.from(plaintext);
    const body = new EncryptedBody(inChunks(own, 300_000), {
      encryptor: counterMode.encryptor(key),
      takenInTurn: true,
    });
    const given: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    for await (const chunk of body.chunks) {
      expect(given.every(({ length }) => length === 0)).toBe(true);
      expect(chunk.length).toBeGreaterThan(0);
      given.push(chunk);
      copies.push(Uint8Array.from(chunk));
    }
    expect(given.length).toBeGreaterThan(3);
    expect(Buffer.compare(Buffer.concat(copies), await counterMode.encryptBytes(plaintext, key))).toBe(0);
    // The plaintext is the caller's.
    expect(Buffer.compare(own, plaintext)).toBe(0);
  });

  it('is whole only when its end was asked for', async () => {
    const body = new EncryptedBody(inChunks(plaintext.subarray(0, 10), 10), {
      encryptor: counterMode.encryptor(key),
      takenInTurn: false,
    });
    const iterator = body.chunks[Symbol.asyncIterator]();
    await iterator.next();
    expect(body.tally).toMatchObject({ storedBytes: 10, isWhole: false });
    expect(await iterator.next()).toMatchObject({ done: true });
    expect(body.tally.isWhole).toBe(true);
  });

  it('tells of nothing, once', async () => {
    const told: Progress[] = [];
    const body = new EncryptedBody(inChunks(new Uint8Array(), 1), {
      encryptor: counterMode.encryptor(key),
      takenInTurn: true,
      onProgress: (progress) => told.push(progress),
    });
    for await (const _ of body.chunks) throw new Error('there is nothing');
    expect(told).toEqual([{ transferredBytes: 0, totalBytes: 0 }]);
  });

  it('has no chunks of nothing, and needs nobody to tell', async () => {
    const recycled: Uint8Array[] = [];
    const given: number[] = [];
    const [held, last] = [new Uint8Array(3), new Uint8Array(2)];
    // Holds back what it is given first, as one does that works in blocks.
    const encryptor = {
      maxUpdateBytes: 4,
      update: (bytes: Uint8Array) => (given.push(bytes.length) === 1 ? new Uint8Array() : held),
      finish: () => (given.length === 0 ? new Uint8Array() : last),
      recycle: (bytes: Uint8Array) => void recycled.push(bytes),
    };
    async function* plain(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array();
      yield new Uint8Array(4);
      yield new Uint8Array(1);
    }
    const told: number[] = [];
    const chunksOf = async (source: AsyncIterable<Uint8Array>, onProgress?: (progress: Progress) => void) => {
      const found: Uint8Array[] = [];
      const body = new EncryptedBody(source, { encryptor, takenInTurn: true, onProgress });
      for await (const chunk of body.chunks) found.push(chunk);
      expect(body.tally.isWhole).toBe(true);
      return found;
    };
    expect(await chunksOf(inChunks(new Uint8Array(), 1))).toEqual([]);
    expect(await chunksOf(plain(), ({ transferredBytes }) => told.push(transferredBytes))).toEqual([
      held,
      last,
    ]);
    expect(given).toEqual([4, 1]);
    expect(told).toEqual([4, 5]);
    expect(recycled).toEqual([held, last]);
  });

  it.each([true, false])('gives chunks in order to overlapping calls (in turn: %s)', async (takenInTurn) => {
    const body = new EncryptedBody(inChunks(plaintext, 1000), {
      encryptor: counterMode.encryptor(key),
      takenInTurn,
    });
    const iterator = body.chunks[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 5 }, () => iterator.next()));
    const chunks = results.map(({ value }) => value as Uint8Array);
    const expected = await counterMode.encryptBytes(plaintext.subarray(0, 5000), key);
    // Small chunks are left to the collector, in turn or not.
    expect(Buffer.compare(Buffer.concat(chunks), expected)).toBe(0);
  });

  it("fails with the source's failure, and with that of who hears of its progress", async () => {
    const failure = new Error('broken');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield plaintext.subarray(0, 10);
      throw failure;
    }
    const options = { encryptor: counterMode.encryptor(key), takenInTurn: false };
    const drain = async (body: EncryptedBody): Promise<void> => {
      for await (const _ of body.chunks);
    };
    await expect(drain(new EncryptedBody(broken(), options))).rejects.toBe(failure);
    const onProgress = (): void => {
      throw failure;
    };
    await expect(drain(new EncryptedBody(inChunks(plaintext, 100), { ...options, onProgress }))).rejects.toBe(
      failure,
    );
  });
});
