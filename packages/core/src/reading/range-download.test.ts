import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../test/memory-transport.js';
import { crc64Of, plainCrc64 } from '../../test/plain-crc64.js';
import { toyScheme } from '../../test/toy-scheme.js';
import { counterMode } from '../cipher/counter-mode.js';
import type { PlaintextRange } from '../cipher/plaintext-range.js';
import { IntegrityError, TransportError } from '../errors/errors.js';
import type { Progress } from '../stream/progress.js';
import { downloadRanges, planRanges, type RangeDownload } from './range-download.js';

const bytes = randomBytes(1000);
const reset = (): TransportError => new TransportError('reset', { retryable: true });

/** A download of `bytes` in ranges of 100 with all that it needs, into `target`. */
function download(
  options: Partial<RangeDownload> = {},
): RangeDownload & { target: Uint8Array; starts: number[] } {
  const target = new Uint8Array(bytes.length);
  const starts: number[] = [];
  return {
    scheme: counterMode,
    sizeBytes: bytes.length,
    storedSizeBytes: bytes.length,
    crc64Operations: plainCrc64,
    retry: { retries: 3, sleep: async () => {}, random: () => 0 },
    expectedCrc64: crc64Of(bytes),
    read: async function* ({ offsetBytes, lengthBytes }, sum) {
      starts.push(offsetBytes);
      for await (const chunk of inChunks(bytes.subarray(offsetBytes, offsetBytes + lengthBytes), 30)) {
        await setImmediate();
        sum?.update(chunk);
        yield chunk;
      }
    },
    sink: { write: async (offset, chunk) => target.set(chunk, offset) },
    partSizeBytes: 100,
    ...options,
    target,
    starts,
  };
}

describe('the ranges', () => {
  const listOf = (...plan: Parameters<typeof planRanges>): PlaintextRange[] => {
    const { count, at } = planRanges(...plan);
    expect(at(count)).toBeUndefined();
    return Array.from({ length: count }, (_, index) => at(index) as PlaintextRange);
  };

  it.each([
    [0, 100, []],
    [1, 100, [1]],
    [100, 100, [100]],
    [101, 100, [100, 1]],
    [250, 100, [100, 100, 50]],
  ])('of %i bytes in steps of %i', (sizeBytes, step, lengths) => {
    const ranges = listOf(counterMode, sizeBytes, step);
    expect(ranges.map(({ lengthBytes }) => lengthBytes)).toEqual(lengths);
    expect(ranges.map(({ offsetBytes }) => offsetBytes)).toEqual(lengths.map((_, index) => index * step));
  });

  it('begin at whole units of the scheme', () => {
    expect(listOf(toyScheme, 200, 65).map(({ offsetBytes }) => offsetBytes)).toEqual([0, 128]);
    expect(listOf(toyScheme, 200, 1).map(({ offsetBytes }) => offsetBytes)).toEqual([0, 64, 128, 192]);
  });

  it('are as large as each but the last, and not larger than all', () => {
    expect(planRanges(counterMode, 250, 100).stepBytes).toBe(100);
    expect(planRanges(counterMode, 50, 100).stepBytes).toBe(50);
    expect(planRanges(counterMode, 0, 100).stepBytes).toBe(0);
  });

  it('are of 8 MiB by default', () => {
    const ranges = listOf(counterMode, 9 * 1024 * 1024);
    expect(ranges.map(({ lengthBytes }) => lengthBytes)).toEqual([8 * 1024 * 1024, 1024 * 1024]);
  });

  it('cost nothing before they are fetched, however many a server makes of them', () => {
    const ranges = planRanges(counterMode, Number.MAX_SAFE_INTEGER, 1);
    expect(ranges.count).toBe(Number.MAX_SAFE_INTEGER);
    expect(ranges.at(2 ** 50)).toEqual({ offsetBytes: 2 ** 50, lengthBytes: 1 });
  });
});

describe('a download in ranges', () => {
  it.each([1, 3, 100])('gives all bytes to the sink, %i at once', async (concurrency) => {
    let underWay = 0;
    let most = 0;
    const plain = download();
    const { read } = plain;
    const counting = { ...plain, concurrency };
    counting.read = async function* (...args) {
      most = Math.max(most, ++underWay);
      yield* read(...args);
      underWay--;
    };
    await downloadRanges(counting);
    expect(Buffer.compare(plain.target, bytes)).toBe(0);
    expect(most).toBe(Math.min(concurrency, 10));
  });

  it('tells of the bytes that are there, and takes those back that come again', async () => {
    const told: Progress[] = [];
    const plain = download({ concurrency: 1, onProgress: (progress) => told.push(progress) });
    let failures = 2;
    const { read } = plain;
    await downloadRanges({
      ...plain,
      read: async function* (range, sum, signal) {
        let given = 0;
        for await (const chunk of read(range, sum, signal)) {
          // After two chunks of thirty bytes.
          if (range.offsetBytes === 100 && ++given === 3 && failures-- > 0) throw reset();
          yield chunk;
        }
      },
    });
    expect(Buffer.compare(plain.target, bytes)).toBe(0);
    expect(told.at(-1)).toEqual({ transferredBytes: 1000, totalBytes: 1000 });
    expect(Math.max(...told.map(({ transferredBytes }) => transferredBytes))).toBe(1000);
    expect(Math.min(...told.map(({ transferredBytes }) => transferredBytes))).toBe(30);
    // 160 were told of, of which 60 were taken back.
    expect(told.map(({ transferredBytes }) => transferredBytes).slice(4, 9)).toEqual([
      130, 160, 100, 130, 160,
    ]);
  });

  it('makes the sum of a range again for each try', async () => {
    const plain = download({ concurrency: 1 });
    let failed = false;
    const { read } = plain;
    const sums: string[] = [];
    await downloadRanges({
      ...plain,
      onCompleted: async (_, crc64) => void sums.push(crc64),
      read: async function* (range, sum, signal) {
        for await (const chunk of read(range, sum, signal)) {
          yield chunk;
          if (!failed) {
            failed = true;
            throw reset();
          }
        }
      },
    });
    expect(sums[0]).toBe(crc64Of(bytes.subarray(0, 100)));
  });

  it('leaves out what the sink has', async () => {
    const told: Progress[] = [];
    const completed = new Map([
      [0, crc64Of(bytes.subarray(0, 100))],
      [9, crc64Of(bytes.subarray(900))],
    ]);
    const plain = download({ completed, concurrency: 1, onProgress: (progress) => told.push(progress) });
    await downloadRanges(plain);
    expect(plain.starts).toEqual([100, 200, 300, 400, 500, 600, 700, 800]);
    expect(told[0]?.transferredBytes).toBe(230);
    expect(told.at(-1)?.transferredBytes).toBe(1000);
    expect(completed.size).toBe(2);
  });

  it.each([
    ['the whole has another sum', { expectedCrc64: '1' }],
    ['a range that the sink has had another', { completed: new Map([[0, '1']]) }],
  ])('fails when %s', async (_, options) => {
    await expect(downloadRanges(download(options))).rejects.toThrow(IntegrityError);
  });

  it.each([
    ['the server tells none', { expectedCrc64: undefined }],
    ['none are made', { crc64Operations: undefined }],
  ])('compares no sums where %s', async (_, options) => {
    const plain = download(options);
    await downloadRanges(plain);
    expect(Buffer.compare(plain.target, bytes)).toBe(0);
  });

  it('of nothing reads nothing', async () => {
    const plain = download({ sizeBytes: 0, storedSizeBytes: 12, scheme: toyScheme, expectedCrc64: '5' });
    await downloadRanges(plain);
    expect(plain.starts).toEqual([]);
  });

  it.each([
    ['a failure that does not pass', new IntegrityError('no'), 1],
    ['one that does not stop', reset(), 4],
  ])('ends with %s, when no range is under way', async (_, failure, tries) => {
    let underWay = 0;
    let asked = 0;
    const plain = download();
    const { read } = plain;
    const failing: RangeDownload = {
      ...plain,
      read: async function* (range, sum, signal) {
        underWay++;
        try {
          if (range.offsetBytes === 200) {
            asked++;
            throw failure;
          }
          yield* read(range, sum, signal);
        } finally {
          underWay--;
        }
      },
    };
    await expect(downloadRanges(failing)).rejects.toBe(failure);
    expect(underWay).toBe(0);
    expect(asked).toBe(tries);
  });

  it('fails with the only range that fails, also when the others have come', async () => {
    const failure = new IntegrityError('no');
    const plain = download({ sizeBytes: 200, storedSizeBytes: 200, concurrency: 2 });
    const { read } = plain;
    const failing: RangeDownload = {
      ...plain,
      read: async function* (range, sum, signal) {
        if (range.offsetBytes > 0) return yield* read(range, sum, signal);
        for (let turn = 0; turn < 50; turn++) await setImmediate();
        throw failure;
      },
    };
    await expect(downloadRanges(failing)).rejects.toBe(failure);
    expect(plain.starts).toEqual([100]);
  });

  it('tries as often as the policy says, and completes nothing without a sum', async () => {
    let asked = 0;
    const retry = { retries: 0, sleep: async () => {}, random: () => 0 };
    const failing = download({
      retry,
      concurrency: 1,
      read: async function* () {
        asked++;
        yield* [];
        throw reset();
      },
    });
    await expect(downloadRanges(failing)).rejects.toMatchObject({ code: 'ERR_TRANSPORT' });
    expect(asked).toBe(1);
    const completed: unknown[] = [];
    const onCompleted = async (...one: unknown[]) => void completed.push(one);
    await downloadRanges(download({ crc64Operations: undefined, onCompleted }));
    expect(completed).toEqual([]);
  });

  it('counts no range that there is not', async () => {
    const told: Progress[] = [];
    const plain = download({
      completed: new Map([[99, '1']]),
      onProgress: (progress) => told.push(progress),
    });
    await downloadRanges(plain);
    expect(told.at(-1)?.transferredBytes).toBe(1000);
  });

  it.each(['sink', 'onCompleted', 'onProgress'])(
    'fails with what %s throws, and does not try again',
    async (who) => {
      const failure = new Error('the disk is full');
      const fail = (): never => {
        throw failure;
      };
      const plain = download({
        concurrency: 1,
        ...(who === 'sink' && { sink: { write: async () => fail() } }),
        ...(who === 'onCompleted' && { onCompleted: async () => fail() }),
        ...(who === 'onProgress' && { onProgress: fail }),
      });
      await expect(downloadRanges(plain)).rejects.toBe(failure);
      expect(plain.starts).toEqual([0]);
    },
  );

  it('ends by abort with the reason', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const plain = download({ signal: controller.signal, onCompleted: async () => controller.abort(reason) });
    await expect(downloadRanges(plain)).rejects.toBe(reason);
    expect(plain.starts.length).toBeLessThan(10);
  });
});
