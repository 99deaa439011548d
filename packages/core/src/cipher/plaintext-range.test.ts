import { describe, expect, it } from 'vitest';
import { InvalidArgumentError, OutOfRangeError, RangeNotSatisfiableError } from '../errors/errors.js';
import { assertByteRange, resolveByteRange } from './plaintext-range.js';

describe('a range', () => {
  it.each([
    [{ offsetBytes: -1 }, OutOfRangeError],
    [{ offsetBytes: 0.5 }, OutOfRangeError],
    [{ offsetBytes: 0, lengthBytes: 0 }, OutOfRangeError],
    [{ lastBytes: 0 }, OutOfRangeError],
    [{ lastBytes: Number.NaN }, OutOfRangeError],
    [{ offsetBytes: Number.MAX_SAFE_INTEGER, lengthBytes: 9 }, OutOfRangeError],
    [{}, InvalidArgumentError],
    ['bytes=0-1', InvalidArgumentError],
    [{ offsetBytes: 0, lastBytes: 1 }, OutOfRangeError],
    [{ offset: 1 }, InvalidArgumentError],
    [{ offsetBytes: 1, other: 1 }, InvalidArgumentError],
    [{ offsetBytes: undefined, lastBytes: 1 }, InvalidArgumentError],
    [{ offsetBytes: '1' }, InvalidArgumentError],
    [null, InvalidArgumentError],
  ])('is refused for %j', (range, kind) => {
    expect(() => assertByteRange(range)).toThrow(kind);
    expect(() => assertByteRange(range)).toThrow(expect.objectContaining({ argument: 'range' }));
  });

  it.each([
    [{ offsetBytes: 0 }],
    [{ offsetBytes: 2 ** 53 - 1 }],
    [{ offsetBytes: 0, lengthBytes: undefined }],
    [{ offsetBytes: 0, lengthBytes: 1 }],
    [{ lastBytes: 1 }],
    [{ lastBytes: 1, lengthBytes: undefined }],
  ])('is taken for %j', (range) => {
    expect(() => assertByteRange(range)).not.toThrow();
  });

  it.each([[{ offsetBytes: undefined }], [{ lastBytes: undefined }], [{ lengthBytes: undefined }]])(
    'is none for %j',
    (range) => {
      expect(() => assertByteRange(range)).toThrow(InvalidArgumentError);
    },
  );

  it('may reach 2^53, and no further', () => {
    expect(() => assertByteRange({ offsetBytes: 2 ** 53 - 2, lengthBytes: 2 })).not.toThrow();
    expect(() => assertByteRange({ offsetBytes: 2 ** 53 - 1, lengthBytes: 3 })).toThrow(OutOfRangeError);
  });

  it.each([
    [{ offsetBytes: 3 }, { offsetBytes: 3, lengthBytes: 7 }],
    [
      { offsetBytes: 3, lengthBytes: 4 },
      { offsetBytes: 3, lengthBytes: 4 },
    ],
    [
      { offsetBytes: 9, lengthBytes: 4 },
      { offsetBytes: 9, lengthBytes: 1 },
    ],
    [{ lastBytes: 4 }, { offsetBytes: 6, lengthBytes: 4 }],
    [{ lastBytes: 11 }, { offsetBytes: 0, lengthBytes: 10 }],
  ])('%j has its place in ten bytes', (range, place) => {
    expect(resolveByteRange(range, 10)).toEqual(place);
  });

  it.each([[{ offsetBytes: 10 }], [{ offsetBytes: 11, lengthBytes: 1 }]])(
    '%j is beyond ten bytes',
    (range) => {
      expect(() => resolveByteRange(range, 10)).toThrow(RangeNotSatisfiableError);
    },
  );

  it('is never in nothing', () => {
    expect(() => resolveByteRange({ lastBytes: 1 }, 0)).toThrow(RangeNotSatisfiableError);
    expect(() => resolveByteRange({ offsetBytes: 0 }, 0)).toThrow(RangeNotSatisfiableError);
  });
});
