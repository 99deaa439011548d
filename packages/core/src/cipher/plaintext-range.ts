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

const memberNames = ['offsetBytes', 'lengthBytes', 'lastBytes'];

/**
 * Checks a range that a caller gave.
 *
 * @throws InvalidArgumentError when it is no range object
 * @throws OutOfRangeError when a number is negative, zero where there must be bytes, or not whole
 */
export function assertByteRange(range: unknown): asserts range is ByteRange {
  const members = Object.entries(range ?? {}).filter(
    ([name, value]) => name !== 'lengthBytes' || value !== undefined,
  );
  if (
    typeof range !== 'object' ||
    members.length === 0 ||
    !members.every(([name, value]) => memberNames.includes(name) && typeof value === 'number')
  ) {
    throw new InvalidArgumentError(
      'range',
      'must be { offsetBytes, lengthBytes }, { offsetBytes } for all that follows, or { lastBytes }',
    );
  }
  const { offsetBytes, lengthBytes = 1, lastBytes }: Record<string, unknown> = Object.fromEntries(members);
  const isRight =
    lastBytes === undefined
      ? isWhole(offsetBytes, 0) && isWhole(lengthBytes, 1)
      : isWhole(lastBytes, 1) && members.length === 1;
  if (!isRight) {
    throw new OutOfRangeError(
      'range',
      'must hold whole numbers: offsetBytes from 0 on with lengthBytes from 1 on, or lastBytes from 1 on',
    );
  }
  if (lastBytes === undefined && Number(offsetBytes) + Number(lengthBytes) > 2 ** 53) {
    throw new OutOfRangeError('range', 'must end below 2^53 bytes');
  }
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
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
