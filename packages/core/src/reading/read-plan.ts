import {
  type ContentScheme,
  frameOfBody,
  frameOfRange,
  plaintextSize,
  type StoredFrame,
  storedRangeOf,
} from '../cipher/content-scheme.js';
import { type ByteRange, resolveByteRange } from '../cipher/plaintext-range.js';
import type { DownloadResponse, ObjectResponse } from '../contract/object-transport.js';
import { parseSize } from '../encoding/size-text.js';
import { IntegrityError } from '../errors/errors.js';

/**
 * The value of the header `range` (RFC 9110 §14.1.2) that asks for the stored bytes of a range of plaintext.
 *
 * @throws OutOfRangeError when the range cannot be in any object
 */
export function formatRangeHeader(scheme: ContentScheme, range: ByteRange): string {
  const stored = storedRangeOf(scheme, range);
  if ('lastBytes' in stored) return `bytes=-${stored.lastBytes}`;
  const end = stored.lengthBytes === undefined ? '' : stored.offsetBytes + stored.lengthBytes - 1;
  return `bytes=${stored.offsetBytes}-${end}`;
}

/** The value of the header `range` that asks for a frame whose size is known. */
export function formatFrameHeader({ storedOffsetBytes, storedLengthBytes = 0 }: StoredFrame): string {
  return `bytes=${storedOffsetBytes}-${storedOffsetBytes + storedLengthBytes - 1}`;
}

/** How to read an answer's body: which of its bytes are needed, and which plaintext they hold. */
export interface ReadPlan {
  readonly frame: StoredFrame;
  /** Bytes of the answer's body before the frame. */
  readonly skipBytes: number;
  /** Bytes of the answer's body behind the frame. */
  readonly restBytes: number;
  /** The size of the whole stored body; undefined when the server did not announce it. */
  readonly storedSizeBytes: number | undefined;
  /** The size of the whole plaintext that belongs to it. */
  readonly sizeBytes: number | undefined;
}

/** Where the body of an answer lies in the stored body, as far as the server says. */
export interface BodyPlace {
  /** Whether it is a part that the server chose by a range. */
  readonly isPart: boolean;
  readonly offsetBytes: number;
  readonly sizeBytes: number | undefined;
  readonly storedSizeBytes: number | undefined;
}

/**
 * Reads from an answer's head where its body lies.
 *
 * @throws IntegrityError when the answer contradicts itself
 */
export function placeOfBody(response: ObjectResponse & Pick<DownloadResponse, 'isDecoded'>): BodyPlace {
  const announced = response.isDecoded ? undefined : announcedLength(response);
  if (response.status !== 206) {
    return { isPart: false, offsetBytes: 0, sizeBytes: announced, storedSizeBytes: announced };
  }
  const { first, last, total } = parseContentRange(response.headers['content-range']);
  if (announced !== undefined && announced !== last - first + 1) {
    throw contradiction('its Content-Range and its Content-Length differ');
  }
  return { isPart: true, offsetBytes: first, sizeBytes: last - first + 1, storedSizeBytes: total };
}

/**
 * Plans the reading of an answer's body by what the server says that it sent, not by what was asked. A server may
 * ignore the range, and answer 200 with the whole object. And of a suffix only the server may know where it begins.
 *
 * @returns undefined when the body lacks stored bytes that the range needs
 * @throws RangeNotSatisfiableError when the range begins beyond the end of the object
 * @throws IntegrityError when no plaintext has a body of that size, or the server ignored a range and told no size
 */
export function planRead(
  scheme: ContentScheme,
  range: ByteRange | undefined,
  body: BodyPlace,
): ReadPlan | undefined {
  const { storedSizeBytes } = body;
  if (range === undefined) {
    // A 206 that nobody asked for would pass as the whole object.
    if (body.isPart) throw contradiction('it sent a part of the object, though all of it was asked for');
    const frame = frameOfBody(scheme, storedSizeBytes);
    return { frame, skipBytes: 0, restBytes: 0, storedSizeBytes, sizeBytes: frame.takeBytes };
  }
  if (storedSizeBytes === undefined || body.sizeBytes === undefined) {
    throw contradiction('it ignored the range, and did not say how long the object is');
  }
  const sizeBytes = plaintextSize(scheme, storedSizeBytes);
  const frame = frameOfRange(scheme, resolveByteRange(range, sizeBytes), storedSizeBytes);
  const skipBytes = frame.storedOffsetBytes - body.offsetBytes;
  const restBytes = body.sizeBytes - skipBytes - (frame.storedLengthBytes ?? 0);
  if (skipBytes < 0 || restBytes < 0) return undefined;
  return { frame, skipBytes, restBytes, storedSizeBytes, sizeBytes };
}

/** The error of an answer whose body is not the one that was asked for. */
export function otherPartSent(): IntegrityError {
  return contradiction('it sent another part of the object than was asked for');
}

function announcedLength(response: ObjectResponse): number | undefined {
  const text = response.headers['content-length'];
  if (text === undefined) return undefined;
  const size = parseSize(text);
  if (size === undefined) throw contradiction('its Content-Length is not a size');
  return size;
}

/** `bytes FIRST-LAST/TOTAL` (RFC 9110 §14.4), a part that can exist. */
function parseContentRange(text = ''): { first: number; last: number; total: number } {
  const digits = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(text);
  if (digits === null) throw contradiction('it sent a part of the object without a readable Content-Range');
  const [first, last, total] = digits.slice(1).map(parseSize);
  if (first === undefined || last === undefined || total === undefined || first > last || last >= total) {
    throw contradiction('its Content-Range is impossible');
  }
  return { first, last, total };
}

function contradiction(what: string): IntegrityError {
  return new IntegrityError(
    `The server's answer cannot be trusted: ${what}. If a proxy stands before OSS, check that it passes ranges through; in a browser, the bucket's CORS rule must expose Content-Range.`,
  );
}
