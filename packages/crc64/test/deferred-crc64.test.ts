import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createCrc64, formatCrc64 } from '../src/index.js';
import { noise } from './noise.js';

const manyBytes = 256 * 1024;

/** The modules anew: nothing was loaded, and nothing seen. */
async function fresh(): Promise<typeof import('../src/deferred-decimal-crc64.js')['deferredDecimalCrc64']> {
  vi.resetModules();
  return (await import('../src/deferred-decimal-crc64.js')).deferredDecimalCrc64;
}

function expected(...chunks: readonly Uint8Array[]): string {
  const crc = createCrc64({ implementation: 'js' });
  for (const chunk of chunks) crc.update(chunk);
  return formatCrc64(crc.digest());
}

describe('a CRC that loads its kernel late', () => {
  let loads = 0;
  let isServed = true;
  beforeEach(() => {
    loads = 0;
    isServed = true;
    // Once before it is loaded: of two replacements either may hold.
    vi.doMock('../src/crc64.js', async (original) => {
      loads++;
      if (!isServed) throw new Error('not served');
      return await original();
    });
  });

  it('loads nothing for few bytes, in however many streams', async () => {
    const crc64 = await fresh();
    const chunk = noise(1000, 1);
    for (let count = 0; count < 100; count++) {
      const running = crc64.create();
      running.update(chunk);
      expect(running.digest()).toBe(expected(chunk));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(loads).toBe(0);
  });

  it('goes on in the kernel wherever that arrives, with the same value', async () => {
    const crc64 = await fresh();
    const [first, second, third] = [noise(manyBytes + 5, 2), noise(70_001, 3), noise(200_000, 4)];
    const running = crc64.create();
    running.update(first);
    expect(running.digest()).toBe(expected(first));
    await vi.waitFor(() => expect(loads).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    running.update(second);
    running.update(third);
    expect(running.digest()).toBe(expected(first, second, third));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(100_000), { maxLength: 5 }), fc.integer(), async (sizes, seed) => {
        const chunks = sizes.map((size, index) => noise(size, seed + index));
        const other = crc64.create();
        for (const chunk of chunks) other.update(chunk);
        expect(other.digest()).toBe(expected(...chunks));
      }),
      { numRuns: 30 },
    );
    expect(loads).toBe(1);
  });

  it('does all the work where the kernel cannot be loaded', async () => {
    isServed = false;
    const crc64 = await fresh();
    const chunk = noise(manyBytes, 5);
    const running = crc64.create();
    for (let count = 0; count < 3; count++) {
      running.update(chunk);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(running.digest()).toBe(expected(chunk, chunk, chunk));
    expect(loads).toBe(1);
  });

  it('refuses what is no bytes, and combines', async () => {
    const crc64 = await fresh();
    expect(() => crc64.create().update('text' as never)).toThrow(TypeError);
    const [a, b] = [noise(10, 6), noise(11, 7)];
    const parts = [a, b].map((bytes) => ({ crc64: expected(bytes), sizeBytes: bytes.length }));
    expect(crc64.combine(parts)).toBe(expected(a, b));
  });
});
