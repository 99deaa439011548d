import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { scalarKernel, simdKernel } from '../src/kernel.generated.js';
import { loadKernel } from '../src/kernel.js';
import { power, product, reflect, remainder } from './binary-polynomial.js';

const run = promisify(execFile);

describe('the committed module', () => {
  test('is what kernel/*.wat assembles to', async () => {
    await run(process.execPath, [
      fileURLToPath(new URL('../scripts/assemble-kernel.mjs', import.meta.url)),
      '--check',
    ]);
  });

  test.each([
    ['SIMD', simdKernel],
    ['scalar', scalarKernel],
  ])('of the %s kernel is small enough for the main thread of a browser', (_, base64) => {
    expect(Buffer.from(base64, 'base64').length).toBeLessThanOrEqual(4096);
    expect(loadKernel(base64)).toBeDefined();
  });

  test('does not load when the runtime does not take it', () => {
    expect(loadKernel('')).toBeUndefined();
    expect(loadKernel(simdKernel.slice(0, 400))).toBeUndefined();
  });
});

/** What kernel/common.wat says of the polynomials. */
describe('the algebra of the fold', () => {
  const P = (1n << 64n) | 0x42f0e1eba9ea3693n;
  const A = 0xb1849156399bn;
  const D = 0x25f39n;

  test('P = A D', () => {
    expect(product(A, D)).toBe(P);
  });

  test('modulo A a byte weighs the same 32767 bytes further on', () => {
    expect(power(8n * 32_767n, A)).toBe(1n);
  });

  test('modulo D a byte can be moved 674 and 857 bytes further on', () => {
    // 1 = z^674 + z^857 with z = x^-8, times x^(8 * 857)
    expect(power(8n * 857n, D)).toBe(power(8n * (857n - 674n), D) ^ 1n);
  });

  test('the constants of the Chinese remainder theorem', () => {
    const ofA = reflect(0xa73d4cfdddf51087n, 64);
    const ofD = reflect(0x273d4cfdddf51087n, 64);
    expect([remainder(ofA, A), remainder(ofA, D)]).toEqual([1n, 0n]);
    expect([remainder(ofD, A), remainder(ofD, D)]).toEqual([0n, 1n]);
  });
});
