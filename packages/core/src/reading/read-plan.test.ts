import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOfRange } from '../cipher/content-scheme.js';
import { counterMode } from '../cipher/counter-mode.js';
import { type ByteRange, resolveByteRange } from '../cipher/plaintext-range.js';
import type { ObjectResponse } from '../contract/object-transport.js';
import { IntegrityError, RangeNotSatisfiableError } from '../errors/errors.js';
import {
  formatFrameHeader,
  formatRangeHeader,
  otherPartSent,
  placeOfBody,
  planRead,
  type ReadPlan,
} from './read-plan.js';

const whole = (sizeBytes: number) => ({ status: 200, headers: { 'content-length': String(sizeBytes) } });
const partial = (first: number, last: number, total: number) => ({
  status: 206,
  headers: { 'content-range': `bytes ${first}-${last}/${total}`, 'content-length': String(last - first + 1) },
});
const plan = (
  range: ByteRange | undefined,
  response: ObjectResponse & { isDecoded?: boolean },
): ReadPlan | undefined => planRead(counterMode, range, placeOfBody(response));

describe('the range header', () => {
  it.each([
    [{ offsetBytes: 0, lengthBytes: 1 }, 'bytes=0-0'],
    [{ offsetBytes: 5, lengthBytes: 10 }, 'bytes=5-14'],
    [{ offsetBytes: 5 }, 'bytes=5-'],
    [{ lastBytes: 7 }, 'bytes=-7'],
  ])('of %j is %s', (range, text) => {
    expect(formatRangeHeader(counterMode, range)).toBe(text);
  });

  it('of a frame names its first and its last byte', () => {
    const frame = frameOfRange(counterMode, { offsetBytes: 5, lengthBytes: 10 }, 100);
    expect(formatFrameHeader(frame)).toBe('bytes=5-14');
  });
});

describe('the plan', () => {
  it('takes the whole body when no range was asked for', () => {
    expect(plan(undefined, whole(10))).toMatchObject({
      frame: { storedOffsetBytes: 0, storedLengthBytes: 10, takeBytes: 10, dropBytes: 0, endsBody: true },
      skipBytes: 0,
      restBytes: 0,
      storedSizeBytes: 10,
      sizeBytes: 10,
    });
    expect(plan(undefined, { status: 200, headers: {} })).toMatchObject({
      frame: { storedLengthBytes: undefined, takeBytes: undefined },
      sizeBytes: undefined,
    });
  });

  it('believes a length whatever the encoding, unless the runtime has undone it', () => {
    const encoded = { status: 200, headers: { 'content-length': '10', 'content-encoding': 'gzip' } };
    expect(plan(undefined, encoded)).toMatchObject({ sizeBytes: 10 });
    expect(plan(undefined, { ...encoded, isDecoded: true })).toMatchObject({
      sizeBytes: undefined,
      storedSizeBytes: undefined,
    });
  });

  it('takes a suffix from where the server says that it begins', () => {
    expect(plan({ lastBytes: 5 }, partial(95, 99, 100))).toMatchObject({
      frame: { storedOffsetBytes: 95, plaintextOffsetBytes: 95, takeBytes: 5 },
      skipBytes: 0,
    });
    expect(plan({ lastBytes: 500 }, partial(0, 99, 100))).toMatchObject({
      frame: { storedOffsetBytes: 0, takeBytes: 100 },
    });
  });

  it('takes a part whose Content-Length nobody says, as of chunks', () => {
    const { headers } = partial(95, 99, 100);
    const response = { status: 206, headers: { 'content-range': headers['content-range'] } };
    expect(plan({ lastBytes: 5 }, response)).toMatchObject({ frame: { takeBytes: 5 }, restBytes: 0 });
  });

  it('cuts a range out of a whole body', () => {
    expect(plan({ offsetBytes: 20, lengthBytes: 30 }, whole(100))).toMatchObject({
      frame: { storedOffsetBytes: 20, storedLengthBytes: 30, takeBytes: 30, endsBody: false },
      skipBytes: 20,
      sizeBytes: 100,
    });
    expect(plan({ lastBytes: 30 }, whole(100))).toMatchObject({
      skipBytes: 70,
      frame: { takeBytes: 30, endsBody: true },
    });
  });

  it('holds for every range and object, served in part, with more around it, or whole', () => {
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
          expect(() => plan(asked, whole(total))).toThrow(RangeNotSatisfiableError);
          expect(() => resolveByteRange(asked, total)).toThrow(RangeNotSatisfiableError);
          return;
        }
        const first = expected[0] as number;
        const last = expected.at(-1) as number;
        const bodies = [
          [0, total - 1, whole(total)],
          [first, last, partial(first, last, total)],
          [first - (first % 16), total - 1, partial(first - (first % 16), total - 1, total)],
        ] as const;
        for (const [from, to, response] of bodies) {
          const found = plan(asked, response);
          const body = object.slice(from, to + 1);
          const skip = found?.skipBytes as number;
          const length = found?.frame.storedLengthBytes as number;
          expect(body.slice(skip, skip + length)).toEqual(expected);
          expect(found?.restBytes).toBe(body.length - skip - length);
          expect(found?.frame.storedOffsetBytes).toBe(first);
          expect(found?.sizeBytes).toBe(total);
        }
      }),
    );
  });

  it.each([
    ['no Content-Range', { status: 206, headers: { 'content-length': '5' } }],
    ['an unreadable Content-Range', { status: 206, headers: { 'content-range': 'bytes 0-4/*' } }],
    ['a Content-Range of another unit', { status: 206, headers: { 'content-range': 'xbytes 10-19/100' } }],
    ['a Content-Range and more', { status: 206, headers: { 'content-range': 'bytes 10-19/100, 0-9/100' } }],
    ['an impossible Content-Range', partial(4, 200, 100)],
    ['a Content-Range that ends where the object ends', partial(10, 100, 100)],
    ['a reversed Content-Range', { status: 206, headers: { 'content-range': 'bytes 9-4/100' } }],
    ['two lengths', { status: 206, headers: { 'content-range': 'bytes 10-19/100', 'content-length': '9' } }],
    ['no length at all', { status: 200, headers: {} }],
    ['a length that is no number', { status: 200, headers: { 'content-length': '-5' } }],
  ])('refuses an answer with %s', (_, response) => {
    expect(() => plan({ offsetBytes: 10, lengthBytes: 10 }, response)).toThrow(IntegrityError);
  });

  it.each(['-5', '1e3', '', '9'.repeat(17)])('refuses the length %j of a whole object', (length) => {
    const response = { status: 200, headers: { 'content-length': length } };
    expect(() => plan(undefined, response)).toThrow(IntegrityError);
  });

  it.each(['bytes 0-4/N', 'bytes 0-N/100', 'bytes N-4/100', 'bytes 0-N/N'])(
    'refuses the Content-Range %s with sizes that are no safe integers',
    (text) => {
      const headers = { 'content-range': text.replaceAll('N', '9'.repeat(17)) };
      expect(() => placeOfBody({ status: 206, headers })).toThrow(IntegrityError);
    },
  );

  it.each([
    { isPart: true, offsetBytes: 0, sizeBytes: 5, storedSizeBytes: undefined },
    { isPart: true, offsetBytes: 0, sizeBytes: undefined, storedSizeBytes: 5 },
  ])('of a range needs the size of the body and of the object: %j', (body) => {
    expect(() => planRead(counterMode, { offsetBytes: 0, lengthBytes: 5 }, body)).toThrow(IntegrityError);
  });

  it('takes a part of one byte, the last one too', () => {
    expect(plan({ offsetBytes: 5, lengthBytes: 1 }, partial(5, 5, 10))).toMatchObject({ skipBytes: 0 });
    expect(plan({ offsetBytes: 9, lengthBytes: 1 }, partial(9, 9, 10))).toMatchObject({ skipBytes: 0 });
  });

  it.each([
    ['another range', partial(20, 29, 100)],
    ['too short a range', partial(10, 18, 100)],
    ['a range that begins one byte late', partial(11, 20, 100)],
  ])('is none for an answer with %s', (_, response) => {
    expect(plan({ offsetBytes: 10, lengthBytes: 10 }, response)).toBeUndefined();
  });

  it('has an error for such an answer', () => {
    expect(otherPartSent()).toBeInstanceOf(IntegrityError);
  });

  it('refuses a part for the whole', () => {
    expect(() => plan(undefined, partial(0, 9, 10))).toThrow(IntegrityError);
  });
});
