import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  IntegrityError,
  InvalidArgumentError,
  OutOfRangeError,
  RangeNotSatisfiableError,
} from '../src/index.js';
import {
  assertByteRange,
  type ByteRange,
  formatByteRange,
  planRead,
  resolveByteRange,
} from '../src/reading/byte-range.js';

const whole = (sizeBytes: number) => ({ status: 200, headers: { 'content-length': String(sizeBytes) } });
const partial = (first: number, last: number, total: number) => ({
  status: 206,
  headers: { 'content-range': `bytes ${first}-${last}/${total}`, 'content-length': String(last - first + 1) },
});

describe('the range header', () => {
  it.each([
    [{ offsetBytes: 0, lengthBytes: 1 }, 'bytes=0-0'],
    [{ offsetBytes: 5, lengthBytes: 10 }, 'bytes=5-14'],
    [{ offsetBytes: 5 }, 'bytes=5-'],
    [{ lastBytes: 7 }, 'bytes=-7'],
  ])('of %j is %s', (range, text) => {
    expect(formatByteRange(range)).toBe(text);
  });

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
    [null, InvalidArgumentError],
  ])('is refused for %j', (range, kind) => {
    expect(() => assertByteRange(range)).toThrow(kind);
  });
});

describe('the plan', () => {
  it('takes the whole body when no range was asked for', () => {
    expect(planRead(undefined, whole(10))).toEqual({
      bodyOffsetBytes: 0,
      skipBytes: 0,
      takeBytes: 10,
      objectSizeBytes: 10,
    });
    expect(planRead(undefined, { status: 200, headers: {} })).toMatchObject({ takeBytes: undefined });
    // The length of compressed bytes says nothing of what a client hands on.
    const encoded = { status: 200, headers: { 'content-length': '10', 'content-encoding': 'gzip' } };
    expect(planRead(undefined, encoded)).toMatchObject({ takeBytes: undefined, objectSizeBytes: undefined });
  });

  it('takes a suffix from where the server says that it begins', () => {
    expect(planRead({ lastBytes: 5 }, partial(95, 99, 100))).toMatchObject({
      bodyOffsetBytes: 95,
      skipBytes: 0,
      takeBytes: 5,
    });
    expect(planRead({ lastBytes: 500 }, partial(0, 99, 100))).toMatchObject({
      bodyOffsetBytes: 0,
      takeBytes: 100,
    });
  });

  it('cuts a range out of a whole body', () => {
    expect(planRead({ offsetBytes: 20, lengthBytes: 30 }, whole(100))).toEqual({
      bodyOffsetBytes: 0,
      skipBytes: 20,
      takeBytes: 30,
      objectSizeBytes: 100,
    });
    expect(planRead({ lastBytes: 30 }, whole(100))).toMatchObject({ skipBytes: 70, takeBytes: 30 });
  });

  it('holds for every range and object, served in part, aligned to blocks, or whole', () => {
    const range: fc.Arbitrary<ByteRange> = fc.oneof(
      fc.record({
        offsetBytes: fc.nat(120),
        lengthBytes: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
      }),
      fc.record({ lastBytes: fc.integer({ min: 1, max: 120 }) }),
    );
    fc.assert(
      fc.property(range, fc.nat(100), (asked, total) => {
        const object = Array.from({ length: total }, (_, index) => index);
        const expected =
          'lastBytes' in asked
            ? object.slice(-asked.lastBytes)
            : object.slice(asked.offsetBytes, asked.offsetBytes + (asked.lengthBytes ?? total));
        if (expected.length === 0) {
          expect(() => planRead(asked, whole(total))).toThrow(RangeNotSatisfiableError);
          expect(() => resolveByteRange(asked, total)).toThrow(RangeNotSatisfiableError);
          return;
        }
        const first = expected[0] as number;
        const last = expected.at(-1) as number;
        for (const response of [
          whole(total),
          partial(first, last, total),
          partial(first - (first % 16), last, total),
        ]) {
          const plan = planRead(asked, response);
          const body = response.status === 200 ? object : object.slice(plan.bodyOffsetBytes);
          expect(body.slice(plan.skipBytes, plan.skipBytes + (plan.takeBytes as number))).toEqual(expected);
          expect(plan.objectSizeBytes).toBe(total);
        }
      }),
    );
  });

  it.each([
    ['no Content-Range', { status: 206, headers: { 'content-length': '5' } }],
    ['an unreadable Content-Range', { status: 206, headers: { 'content-range': 'bytes 0-4/*' } }],
    ['an impossible Content-Range', partial(4, 200, 100)],
    ['a reversed Content-Range', { status: 206, headers: { 'content-range': 'bytes 9-4/100' } }],
    ['another range', partial(20, 29, 100)],
    ['too short a range', partial(10, 18, 100)],
    ['two lengths', { status: 206, headers: { 'content-range': 'bytes 10-19/100', 'content-length': '9' } }],
    ['no length at all', { status: 200, headers: {} }],
    ['a length that is no number', { status: 200, headers: { 'content-length': '-5' } }],
  ])('refuses an answer with %s', (_, response) => {
    expect(() => planRead({ offsetBytes: 10, lengthBytes: 10 }, response)).toThrow(IntegrityError);
  });

  it('refuses a part for the whole', () => {
    expect(() => planRead(undefined, partial(0, 9, 10))).toThrow(IntegrityError);
  });
});
