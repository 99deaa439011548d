import * as z from 'zod/mini';
import type { ObjectResponse } from '../contract/object-transport.js';
import { sizeText } from '../encoding/size-text.js';
import {
  IntegrityError,
  InvalidArgumentError,
  OutOfRangeError,
  RangeNotSatisfiableError,
} from '../errors/errors.js';

/**
 * A part of an object's plaintext: `lengthBytes` from `offsetBytes` on (to the end when it is left out), or the
 * `lastBytes`. A range that reaches beyond the end is cut there; one that begins beyond it is an error.
 */
export type ByteRange =
  | { readonly offsetBytes: number; readonly lengthBytes?: number | undefined }
  | { readonly lastBytes: number };

const wholeNumber = z.int().check(z.minimum(0));
const positive = z.int().check(z.minimum(1));
const byteRange = z.union([
  z.strictObject({ offsetBytes: wholeNumber, lengthBytes: z.optional(positive) }),
  z.strictObject({ lastBytes: positive }),
]);

/**
 * Checks a range that a caller gave.
 *
 * @throws InvalidArgumentError when it is no range object
 * @throws OutOfRangeError when a number is negative, zero where there must be bytes, or not whole
 */
export function assertByteRange(range: unknown): asserts range is ByteRange {
  const result = byteRange.safeParse(range);
  if (result.success) {
    if ('offsetBytes' in result.data && result.data.offsetBytes + (result.data.lengthBytes ?? 1) > 2 ** 53) {
      throw new OutOfRangeError('range', 'must end below 2^53 bytes');
    }
    return;
  }
  const members = typeof range === 'object' && range !== null ? Object.entries(range) : [];
  const known = members.filter(([name]) => ['offsetBytes', 'lengthBytes', 'lastBytes'].includes(name));
  if (
    known.length > 0 &&
    known.length === members.length &&
    known.every(([, value]) => typeof value === 'number')
  ) {
    throw new OutOfRangeError(
      'range',
      'must hold whole numbers: offsetBytes from 0 on with lengthBytes from 1 on, or lastBytes from 1 on',
    );
  }
  throw new InvalidArgumentError(
    'range',
    'must be { offsetBytes, lengthBytes }, { offsetBytes } for all that follows, or { lastBytes }',
  );
}

/** The value of the header `range` (RFC 9110 §14.1.2). Counter mode needs no alignment, so it asks for just the range. */
export function formatByteRange(range: ByteRange): string {
  if ('lastBytes' in range) return `bytes=-${range.lastBytes}`;
  const end = range.lengthBytes === undefined ? '' : range.offsetBytes + range.lengthBytes - 1;
  return `bytes=${range.offsetBytes}-${end}`;
}

/** How to read a response's body: where in the object it lies, and which of its bytes were asked for. */
export interface ReadPlan {
  /** The offset in the object of the body's first byte. */
  readonly bodyOffsetBytes: number;
  /** Bytes of the body before the asked ones. */
  readonly skipBytes: number;
  /** The number of asked bytes; undefined when the server did not announce a length. */
  readonly takeBytes: number | undefined;
  /** The whole object's size; undefined when the server did not announce it. */
  readonly objectSizeBytes: number | undefined;
}

/** `bytes FIRST-LAST/TOTAL` (RFC 9110 §14.4), a part that can exist. */
const contentRange = z.pipe(
  z.pipe(
    z
      .string()
      .check(
        z.regex(/^bytes \d+-\d+\/\d+$/, 'it sent a part of the object without a readable Content-Range'),
      ),
    z.transform((text: string) => text.slice('bytes '.length).split(/[-/]/) as [string, string, string]),
  ),
  z
    .tuple([sizeText, sizeText, sizeText])
    .check(
      z.refine(([first, last, total]) => first <= last && last < total, 'its Content-Range is impossible'),
    ),
);

/**
 * Plans the reading of a GET's response by what the server says that it sent, not by what was asked: a server may
 * ignore the range (200 with the whole object) or, for a suffix, be the only one to know where it begins.
 *
 * @throws RangeNotSatisfiableError when the range begins beyond the end of the object
 * @throws IntegrityError when the response does not cover the range, or contradicts itself
 */
export function planRead(range: ByteRange | undefined, response: ObjectResponse): ReadPlan {
  const body = response.status === 206 ? partialBody(response) : wholeBody(response);
  if (range === undefined) {
    // A 206 that nobody asked for would pass as the whole object.
    if (response.status === 206)
      throw contradiction('it sent a part of the object, though all of it was asked for');
    return {
      bodyOffsetBytes: 0,
      skipBytes: 0,
      takeBytes: body.sizeBytes,
      objectSizeBytes: body.objectSizeBytes,
    };
  }
  const { objectSizeBytes, sizeBytes } = body;
  if (objectSizeBytes === undefined || sizeBytes === undefined) {
    throw contradiction('it ignored the range, and did not say how long the object is');
  }
  const asked = resolveByteRange(range, objectSizeBytes);
  const skipBytes = asked.offsetBytes - body.offsetBytes;
  if (skipBytes < 0 || skipBytes + asked.lengthBytes > sizeBytes) {
    throw contradiction('it sent another part of the object than was asked for');
  }
  return { bodyOffsetBytes: body.offsetBytes, skipBytes, takeBytes: asked.lengthBytes, objectSizeBytes };
}

/**
 * The range's place in an object of a known size.
 *
 * @throws RangeNotSatisfiableError when it begins beyond the end
 */
export function resolveByteRange(
  range: ByteRange,
  objectSizeBytes: number,
): { readonly offsetBytes: number; readonly lengthBytes: number } {
  const offsetBytes =
    'lastBytes' in range ? Math.max(0, objectSizeBytes - range.lastBytes) : range.offsetBytes;
  if (offsetBytes >= objectSizeBytes) {
    throw new RangeNotSatisfiableError(
      `The range begins at or beyond the end of the object, which has ${objectSizeBytes} bytes. Ask for less.`,
    );
  }
  const most = objectSizeBytes - offsetBytes;
  const wanted = 'lastBytes' in range ? most : (range.lengthBytes ?? most);
  return { offsetBytes, lengthBytes: Math.min(wanted, most) };
}

interface BodyPlace {
  readonly offsetBytes: number;
  readonly sizeBytes: number | undefined;
  readonly objectSizeBytes: number | undefined;
}

function partialBody(response: ObjectResponse): BodyPlace {
  const parsed = contentRange.safeParse(response.headers['content-range'] ?? '');
  if (!parsed.success)
    throw contradiction(parsed.error.issues[0]?.message ?? 'its Content-Range does not parse');
  const [first, last, total] = parsed.data;
  const length = announcedLength(response);
  if (length !== undefined && length !== last - first + 1) {
    throw contradiction('its Content-Range and its Content-Length differ');
  }
  return { offsetBytes: first, sizeBytes: last - first + 1, objectSizeBytes: total };
}

function wholeBody(response: ObjectResponse): BodyPlace {
  const length = announcedLength(response);
  return { offsetBytes: 0, sizeBytes: length, objectSizeBytes: length };
}

function announcedLength(response: ObjectResponse): number | undefined {
  const text = response.headers['content-length'];
  // The length of an encoded body is not that of the bytes that a client hands on (RFC 9110 §8.4).
  if (text === undefined || response.headers['content-encoding'] !== undefined) return undefined;
  const parsed = sizeText.safeParse(text);
  if (!parsed.success) throw contradiction('its Content-Length is not a size');
  return parsed.data;
}

function contradiction(what: string): IntegrityError {
  return new IntegrityError(
    `The server's answer cannot be trusted: ${what}. If a proxy stands before OSS, check that it passes ranges through.`,
  );
}
