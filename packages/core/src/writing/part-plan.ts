import { blockBytes } from '../cipher/counter-block.js';
import { OutOfRangeError } from '../errors/errors.js';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** OSS's limits on multipart uploads (OSS documentation, "Limits"). */
const leastPartBytes = 100 * kibibyte;
const mostPartBytes = 5 * 1024 * mebibyte;
const mostParts = 10_000;

const usualPartBytes = 8 * mebibyte;
/** For content of unknown length: 10,000 of these hold 160 GB. */
const unknownLengthPartBytes = 16 * mebibyte;

/** How content is cut into parts: all of `partSizeBytes`, but the last, which is what is left. */
export interface PartPlan {
  /** Undefined when it will be known only at the content's end. */
  readonly sizeBytes: number | undefined;
  /** A multiple of 16, so that each part begins with a block of its own. */
  readonly partSizeBytes: number;
}

/**
 * Plans the parts of content.
 *
 * @param sizeBytes the content's size, from 1 on, if it is known
 * @param partSizeBytes the size to use; chosen by the content's size when it is left out
 * @throws OutOfRangeError naming `partSizeBytes` when it is no multiple of 16, under 100 KiB, over 5 GiB, or would make
 *   more than 10,000 parts
 */
export function planParts(sizeBytes: number | undefined, partSizeBytes: number | undefined): PartPlan {
  const chosen = partSizeBytes ?? choosePartSize(sizeBytes);
  if (!Number.isSafeInteger(chosen) || chosen < leastPartBytes || chosen > mostPartBytes) {
    throw new OutOfRangeError(
      'partSizeBytes',
      `must be from ${leastPartBytes} (100 KiB) to ${mostPartBytes} (5 GiB)`,
    );
  }
  if (chosen % blockBytes !== 0) {
    throw new OutOfRangeError('partSizeBytes', `must be a multiple of ${blockBytes}, the cipher's block`);
  }
  if (sizeBytes !== undefined && sizeBytes > chosen * mostParts) throw tooManyParts(chosen);
  return { sizeBytes, partSizeBytes: chosen };
}

/**
 * Checks the number of a part of content whose length was not known.
 *
 * @throws OutOfRangeError above 10,000
 */
export function assertPartNumber(partNumber: number, plan: PartPlan): void {
  if (partNumber > mostParts) throw tooManyParts(plan.partSizeBytes);
}

function choosePartSize(sizeBytes: number | undefined): number {
  if (sizeBytes === undefined) return unknownLengthPartBytes;
  const least = Math.ceil(sizeBytes / mostParts / mebibyte) * mebibyte;
  return Math.max(usualPartBytes, least);
}

function tooManyParts(partSizeBytes: number): OutOfRangeError {
  return new OutOfRangeError(
    'partSizeBytes',
    `must be larger: the content does not fit into ${mostParts} parts of ${partSizeBytes} bytes`,
  );
}
