import * as z from 'zod/mini';
import { InvalidArgumentError, OutOfRangeError, RangeNotSatisfiableError } from '../errors/errors.js';

/**
 * A part of an object's plaintext: `lengthBytes` from `offsetBytes` on (to the end when it is left out), or the
 * `lastBytes`. A range that reaches beyond the end is cut there; one that begins beyond it is an error.
 */
export type ByteRange =
  | { readonly offsetBytes: number; readonly lengthBytes?: number | undefined }
  | { readonly lastBytes: number };

/** A range whose place in the object is known. */
export interface PlaintextRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

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

/**
 * The range's place in content of a known size.
 *
 * @throws RangeNotSatisfiableError when it begins beyond the end
 */
export function resolveByteRange(range: ByteRange, sizeBytes: number): PlaintextRange {
  const offsetBytes = 'lastBytes' in range ? Math.max(0, sizeBytes - range.lastBytes) : range.offsetBytes;
  if (offsetBytes >= sizeBytes) {
    throw new RangeNotSatisfiableError(
      `The range begins at or beyond the end of the object, which has ${sizeBytes} bytes. Ask for less.`,
    );
  }
  const most = sizeBytes - offsetBytes;
  const wanted = 'lastBytes' in range ? most : (range.lengthBytes ?? most);
  return { offsetBytes, lengthBytes: Math.min(wanted, most) };
}
