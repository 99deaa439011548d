import emscripten from 'crc64-ecma182.js';
import fc from 'fast-check';
import { createCRC64 } from 'hash-wasm';
import { describe, expect, test } from 'vitest';
import { availableCrc64Implementations, createCrc64 } from '../src/index.js';
import { definitionCrc64 } from './definition.js';
import { noise } from './noise.js';

const hashWasm = await createCRC64();

function hashWasmCrc64(bytes: Uint8Array): bigint {
  return BigInt(`0x${hashWasm.init().update(bytes).digest('hex')}`);
}

function emscriptenCrc64(bytes: Uint8Array, initial: bigint): bigint {
  return BigInt(emscripten.crc64(Buffer.from(bytes), initial.toString()));
}

/** Sizes at which the code takes another way: words, blocks, the taps, the ring, the window, the start of folding. */
const edges = [0, 8, 16, 64, 183, 674, 857, 864, 32_767, 32_768, 65_534, 65_536, 98_301, 98_304, 131_072];

const sizeBytes = fc.oneof(
  fc.nat({ max: 200 }),
  fc.nat({ max: 3_000 }),
  fc.nat({ max: 260_000 }),
  fc
    .tuple(fc.constantFrom(...edges), fc.integer({ min: -2, max: 2 }))
    .map(([at, by]) => Math.max(0, at + by)),
);

const message = fc.record({
  sizeBytes,
  seed: fc.integer(),
  offsetBytes: fc.nat({ max: 17 }),
  initial: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
  /** Where an update ends, in parts of the size; equal ones make empty updates. */
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
});

describe.each(availableCrc64Implementations())('%s', (implementation) => {
  test('agrees with the definition and with two other implementations, however the bytes come', () => {
    fc.assert(
      fc.property(message, ({ sizeBytes, seed, offsetBytes, initial, cuts }) => {
        const bytes = noise(sizeBytes + offsetBytes, seed).subarray(offsetBytes);
        const running = createCrc64({ initial, implementation });
        const ends = cuts.map((cut) => Math.floor(cut * sizeBytes)).sort((a, b) => a - b);
        let at = 0;
        for (const end of [...ends, sizeBytes]) {
          running.update(bytes.subarray(at, end));
          at = end;
        }
        const crc = running.digest();
        expect(crc).toBe(emscriptenCrc64(bytes, initial));
        if (initial === 0n) expect(crc).toBe(hashWasmCrc64(bytes));
        if (sizeBytes <= 3_000) expect(crc).toBe(definitionCrc64(bytes, initial));
      }),
      { numRuns: 250 },
    );
  });

  test('agrees on every size up to 1000 bytes, sliced and folded', () => {
    const bytes = noise(70_000 + 1_000, 77);
    for (let size = 0; size <= 1_000; size++) {
      const sliced = createCrc64({ implementation });
      sliced.update(bytes.subarray(0, size));
      expect(sliced.digest()).toBe(hashWasmCrc64(bytes.subarray(0, size)));
      if (size % 10 < 3) {
        const folded = createCrc64({ implementation });
        folded.update(bytes.subarray(0, 70_000));
        folded.update(bytes.subarray(70_000, 70_000 + size));
        expect(folded.digest()).toBe(hashWasmCrc64(bytes.subarray(0, 70_000 + size)));
      }
    }
  });

  test('agrees over a stream of small updates that goes round the ring many times', () => {
    const bytes = noise(1_500_000, 78);
    const running = createCrc64({ implementation });
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 5 + 1) % 4_099) {
      running.update(bytes.subarray(at, at + size));
    }
    expect(running.digest()).toBe(hashWasmCrc64(bytes));
  });
});

test('the definition itself gives the check value', () => {
  expect(definitionCrc64(new TextEncoder().encode('123456789'))).toBe(0x995dc9bbdf1939fan);
});
