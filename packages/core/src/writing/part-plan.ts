import { maxPartBytes, maxParts, minPartBytes } from '../adapter/oss-limits.js';
import type { ContentScheme } from '../cipher/content-scheme.js';
import { OutOfRangeError } from '../errors/errors.js';

const mebibyte = 1024 * 1024;

const usualPartBytes = 8 * mebibyte;
/** For content of unknown length: 10,000 of these hold 160 GB. */
const unknownLengthPartBytes = 16 * mebibyte;

/** How content is cut into parts: all hold `partSizeBytes` of plaintext, but the last, which is what is left. */
export interface PartPlan {
  /** The size of the plaintext; undefined when it will be known only at its end. */
  readonly sizeBytes: number | undefined;
  /** In bytes of plaintext: a multiple of the scheme's, so that each part can be encrypted by itself. */
  readonly partSizeBytes: number;
}

/**
 * Plans the parts of content.
 *
 * @param sizeBytes - the size of the plaintext, from 1 on, if it is known
 * @param partSizeBytes - the size to use; chosen by the content's size when it is left out
 * @throws OutOfRangeError naming `partSizeBytes` when it is no multiple of the scheme's, is stored in less than 100 KiB
 *   or more than 5 GiB, or would make more than 10,000 parts
 */
export function planParts(
  scheme: ContentScheme,
  sizeBytes: number | undefined,
  partSizeBytes: number | undefined,
): PartPlan {
  const chosen = partSizeBytes ?? choosePartSize(sizeBytes);
  if (!Number.isSafeInteger(chosen) || chosen < minPartBytes || chosen > maxPartBytes) {
    throw wrongPartSize();
  }
  if (chosen % scheme.partMultipleBytes !== 0) {
    throw new OutOfRangeError(
      'partSizeBytes',
      `must be a multiple of ${scheme.partMultipleBytes}, the cipher's unit`,
    );
  }
  const plan: PartPlan = { sizeBytes, partSizeBytes: chosen };
  // A part size that cannot be used is told of small content too.
  const largest = Math.max(
    largestPartBytes(scheme, { ...plan, sizeBytes: undefined }),
    largestPartBytes(scheme, plan),
  );
  if (largest > maxPartBytes) throw wrongPartSize();
  if (sizeBytes !== undefined && scheme.storedSize(sizeBytes) > storedEndOfPart(scheme, plan, maxParts)) {
    throw tooManyParts(chosen);
  }
  return plan;
}

/**
 * Where a part ends in the stored body, in bytes. What a scheme puts at the end of content belongs to the last part. When
 * the size is not known, the last one may end before that, or be only that.
 */
export function storedEndOfPart(scheme: ContentScheme, plan: PartPlan, partNumber: number): number {
  const { sizeBytes, partSizeBytes } = plan;
  return sizeBytes !== undefined && partNumber === countParts(sizeBytes, partSizeBytes)
    ? scheme.storedSize(sizeBytes)
    : scheme.storedOffset(partNumber * partSizeBytes);
}

/** The size of the largest part as it is stored, in bytes. */
export function largestPartBytes(scheme: ContentScheme, plan: PartPlan): number {
  const last = plan.sizeBytes === undefined ? 2 : countParts(plan.sizeBytes, plan.partSizeBytes);
  // A header of the body belongs to the first part, and an end to the last.
  const sizes = [1, 2, last].map((number) => storedBytesOfPart(scheme, plan, Math.min(number, last)));
  return Math.max(...sizes);
}

/** The size of a part as it is stored, in bytes. */
export function storedBytesOfPart(scheme: ContentScheme, plan: PartPlan, partNumber: number): number {
  const start = partNumber === 1 ? 0 : storedEndOfPart(scheme, plan, partNumber - 1);
  return storedEndOfPart(scheme, plan, partNumber) - start;
}

/** How many parts content of a known size has: one at least. */
export function countParts(sizeBytes: number, partSizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / partSizeBytes));
}

/**
 * Checks the number of a part of content whose length was not known.
 *
 * @throws OutOfRangeError above 10,000
 */
export function assertPartNumber(partNumber: number, plan: PartPlan): void {
  if (partNumber > maxParts) throw tooManyParts(plan.partSizeBytes);
}

function choosePartSize(sizeBytes: number | undefined): number {
  if (sizeBytes === undefined) return unknownLengthPartBytes;
  const least = Math.ceil(sizeBytes / maxParts / mebibyte) * mebibyte;
  return Math.max(usualPartBytes, least);
}

function wrongPartSize(): OutOfRangeError {
  return new OutOfRangeError(
    'partSizeBytes',
    `must be from ${minPartBytes} (100 KiB) to ${maxPartBytes} (5 GiB)`,
  );
}

function tooManyParts(partSizeBytes: number): OutOfRangeError {
  return new OutOfRangeError(
    'partSizeBytes',
    `must be larger: the content does not fit into ${maxParts} parts of ${partSizeBytes} bytes`,
  );
}
