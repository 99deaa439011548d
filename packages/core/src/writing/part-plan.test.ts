import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toyScheme } from '../../test/toy-scheme.js';
import { maxParts } from '../adapter/oss-limits.js';
import { counterMode } from '../cipher/counter-mode.js';
import { sealed } from '../cipher/sealed.js';
import { OutOfRangeError } from '../errors/errors.js';
import {
  assertPartNumber,
  largestPartBytes,
  planParts,
  storedBytesOfPart,
  storedEndOfPart,
} from './part-plan.js';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

describe('the size of a part', () => {
  it.each([
    ['is 8 MiB for most content', 100 * mebibyte, 8 * mebibyte],
    ['is 8 MiB up to what fits', 10_000 * 8 * mebibyte - 1, 8 * mebibyte],
    ['is 9 MiB above 80 GB', 10_000 * 8 * mebibyte + 1, 9 * mebibyte],
    ['grows by whole MiB', 10_000 * 100 * mebibyte + 1, 101 * mebibyte],
    ['is 16 MiB when the length is not known', undefined, 16 * mebibyte],
  ])('%s', (_, sizeBytes, partSizeBytes) => {
    expect(planParts(counterMode, sizeBytes, undefined)).toEqual({ sizeBytes, partSizeBytes });
  });

  it('is chosen so that any content fits into 10,000 parts, of either scheme', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 * 4 * gibibyte }),
        fc.constantFrom(counterMode, toyScheme),
        (size, scheme) => {
          const { partSizeBytes } = planParts(scheme, size, undefined);
          expect(partSizeBytes % scheme.partMultipleBytes).toBe(0);
          const plan = { sizeBytes: size, partSizeBytes };
          expect(scheme.storedSize(size)).toBeLessThanOrEqual(storedEndOfPart(scheme, plan, maxParts));
        },
      ),
    );
  });

  it.each([100 * kibibyte, 100 * kibibyte + 16, 5 * gibibyte])('may be %i', (partSizeBytes) => {
    expect(planParts(counterMode, 1, partSizeBytes).partSizeBytes).toBe(partSizeBytes);
  });

  it.each([
    0,
    -1,
    Number.NaN,
    1.5 * mebibyte + 0.5,
    100 * kibibyte - 16,
    100 * kibibyte + 1,
    100 * kibibyte + 8,
    5 * gibibyte + 16,
    Number.POSITIVE_INFINITY,
  ])('may not be %d', (partSizeBytes) => {
    for (const sizeBytes of [1, undefined]) {
      expect(() => planParts(counterMode, sizeBytes, partSizeBytes)).toThrow(OutOfRangeError);
      expect(() => planParts(counterMode, sizeBytes, partSizeBytes)).toThrow(
        expect.objectContaining({ argument: 'partSizeBytes' }),
      );
    }
  });

  it('may not be more than 5 GiB as it is stored', () => {
    expect(() => planParts(toyScheme, 1, 5 * gibibyte)).toThrow(OutOfRangeError);
    expect(() => planParts(toyScheme, 1, 4 * gibibyte)).not.toThrow();
  });

  it("must be a multiple of the scheme's", () => {
    expect(() => planParts(counterMode, 1, 102_416)).not.toThrow();
    expect(() => planParts(toyScheme, 1, 102_416)).toThrow(/multiple of 64/);
  });
});

describe('the number of parts', () => {
  const partSizeBytes = 100 * kibibyte;
  const most = maxParts * partSizeBytes;

  it('is 10,000 at most', () => {
    expect(() => planParts(counterMode, most, partSizeBytes)).not.toThrow();
    const plan = (): unknown => planParts(counterMode, most + 1, partSizeBytes);
    expect(plan).toThrow(/does not fit into 10000 parts/);
    expect(plan).toThrow(expect.objectContaining({ argument: 'partSizeBytes' }));
  });

  it('counts what is stored', () => {
    // The end of the body needs no part of its own.
    expect(() => planParts(toyScheme, most, partSizeBytes)).not.toThrow();
    expect(() => planParts(toyScheme, most + 1, partSizeBytes)).toThrow(OutOfRangeError);
  });

  it('is watched where the length was not known', () => {
    const plan = planParts(counterMode, undefined, partSizeBytes);
    expect(() => assertPartNumber(10_000, plan)).not.toThrow();
    expect(() => assertPartNumber(10_001, plan)).toThrow(OutOfRangeError);
  });
});

describe('the place of a part', () => {
  const partSizeBytes = 102_400;
  it('is that of its plaintext in counter mode', () => {
    const plan = planParts(counterMode, 1_000_000, partSizeBytes);
    expect(storedEndOfPart(counterMode, plan, 3)).toBe(3 * partSizeBytes);
    expect(largestPartBytes(counterMode, plan)).toBe(partSizeBytes);
  });

  it('is where its units lie, behind a header', () => {
    const plan = planParts(toyScheme, 1_000_000, partSizeBytes);
    expect(storedEndOfPart(toyScheme, plan, 3)).toBe(8 + 3 * 1600 * 68);
    expect(largestPartBytes(toyScheme, plan)).toBe(8 + 1600 * 68);
  });

  it('holds the end of content of a known size, which is in no part of its own', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(-1, 0, 1),
        fc.constantFrom(counterMode, toyScheme, sealed),
        (parts, more, scheme) => {
          const partBytes = 114_688;
          const sizeBytes = parts * partBytes + more;
          const plan = planParts(scheme, sizeBytes, partBytes);
          const count = more > 0 ? parts + 1 : parts;
          const sizes = Array.from({ length: count }, (_, index) =>
            storedBytesOfPart(scheme, plan, index + 1),
          );
          expect(sizes.reduce((sum, size) => sum + size)).toBe(scheme.storedSize(sizeBytes));
          expect(Math.min(...sizes)).toBeGreaterThan(0);
          expect(Math.max(...sizes)).toBe(largestPartBytes(scheme, plan));
        },
      ),
    );
  });
});
