import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { busy, MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket } from '../client/encrypted-bucket.js';
import { type Progress, type SteadyProgress, steadyProgress } from './progress.js';

const mebibyte = 1024 * 1024;

function heard(): { told: Progress[]; clock: { ms: number }; steady: SteadyProgress } {
  const told: Progress[] = [];
  const clock = { ms: 0 };
  const steady = steadyProgress(
    (progress) => told.push(progress),
    () => clock.ms,
  ) as SteadyProgress;
  return { told, clock, steady };
}
const bytesOf = (told: readonly Progress[]): number[] => told.map(({ transferredBytes }) => transferredBytes);

describe('progress', () => {
  it('is not told for each small chunk, but at least every MiB, and at the end', () => {
    const { told, steady } = heard();
    const totalBytes = 4 * mebibyte + 3;
    for (let bytes = 16; bytes < totalBytes; bytes += 16) {
      steady.onProgress({ transferredBytes: bytes, totalBytes });
    }
    steady.onProgress({ transferredBytes: totalBytes, totalBytes });
    steady.end();
    const bytes = bytesOf(told);
    expect(bytes.length).toBeLessThan(12);
    for (const [index, value] of bytes.entries()) {
      expect(value - (bytes[index - 1] ?? 0)).toBeGreaterThan(0);
      expect(value - (bytes[index - 1] ?? 0)).toBeLessThanOrEqual(mebibyte);
    }
    expect(bytes.at(-1)).toBe(totalBytes);
  });

  it('is told after 100 ms, however little it is', () => {
    const { told, clock, steady } = heard();
    for (let bytes = 1; bytes <= 50; bytes++) {
      clock.ms += 20;
      steady.onProgress({ transferredBytes: bytes, totalBytes: 1000 });
    }
    expect(bytesOf(told)).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  });

  it('never goes back', () => {
    const { told, clock, steady } = heard();
    for (const transferredBytes of [10, 20, 30, 5, 15, 25, 30, 40, 0, 100]) {
      clock.ms += 200;
      steady.onProgress({ transferredBytes, totalBytes: 100 });
    }
    expect(bytesOf(told)).toEqual([10, 20, 30, 40, 100]);
  });

  it('is told at the end of a content of unknown size, and of an empty one', () => {
    const unknown = heard();
    unknown.steady.onProgress({ transferredBytes: 7, totalBytes: undefined });
    expect(unknown.told).toEqual([]);
    unknown.steady.end();
    unknown.steady.end();
    expect(unknown.told).toEqual([{ transferredBytes: 7, totalBytes: undefined }]);
    const empty = heard();
    empty.steady.onProgress({ transferredBytes: 0, totalBytes: 0 });
    empty.steady.end();
    expect(empty.told).toEqual([{ transferredBytes: 0, totalBytes: 0 }]);
  });
});

describe('the progress of a call', () => {
  const plaintext = randomBytes(3 * mebibyte);

  it.each([
    ['a put of a file that is sent again', { multipartThresholdBytes: 32 * mebibyte }],
    ['a put in parts', { multipartThresholdBytes: 0, partSizeBytes: mebibyte, concurrency: 2 }],
  ])('%s is monotone, and fine', async (_, options) => {
    const memory = new MemoryTransport();
    const bucket = new EncryptedBucket({ transport: memory, provider: toyProvider(1), format: 'oss-crypto' });
    let failures = 2;
    const slowly =
      (put: MemoryTransport['put']): MemoryTransport['put'] =>
      async (request) => {
        const { body } = request;
        if (body.kind === 'bytes') {
          for (let sent = 65_536; sent <= body.bytes.length; sent += 65_536) body.onSent?.(sent);
        } else {
          const chunks: Uint8Array[] = [];
          for await (const chunk of body.chunks) chunks.push(Uint8Array.from(chunk));
          if (failures-- > 0) throw busy();
          return put({ ...request, body: { kind: 'bytes', bytes: Buffer.concat(chunks) } });
        }
        return put(request);
      };
    Object.assign(memory, { put: slowly(memory.put) });
    const { parts } = memory;
    if (parts) {
      const { put } = parts;
      memory.parts = { ...parts, put: (request) => slowly(() => put(request))(request) };
    }
    const told: number[] = [];
    const content = {
      sizeBytes: 2 * plaintext.length,
      async *open() {
        yield plaintext;
        yield plaintext;
      },
    };
    await bucket.put('k', content, {
      ...options,
      onProgress: ({ transferredBytes }) => told.push(transferredBytes),
    });
    for (const [index, bytes] of told.entries()) {
      expect(bytes - (told[index - 1] ?? 0)).toBeGreaterThan(0);
      expect(bytes - (told[index - 1] ?? 0)).toBeLessThanOrEqual(mebibyte);
    }
    expect(told.at(-1)).toBe(2 * plaintext.length);
  });

  it('a download in ranges is monotone', async () => {
    const memory = new MemoryTransport();
    memory.chunkBytes = 100_000;
    const bucket = new EncryptedBucket({ transport: memory, provider: toyProvider(1), format: 'oss-crypto' });
    await bucket.put('k', plaintext);
    const handle = await bucket.open('k');
    let failures = 3;
    const told: number[] = [];
    await handle.download(
      {
        async write(offsetBytes) {
          if (offsetBytes > 1_500_000 && failures-- > 0) throw busy();
        },
      },
      { partSizeBytes: mebibyte, onProgress: ({ transferredBytes }) => told.push(transferredBytes) },
    );
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(new Set(told).size).toBe(told.length);
    expect(told.at(-1)).toBe(plaintext.length);
  });
});
