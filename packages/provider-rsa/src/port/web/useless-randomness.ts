import { OutOfRangeError } from '@oss-envelope/core';

export type RandomBytes = (lengthBytes: number) => Uint8Array;

/** A good source needs more rounds than this in one of 2^800 cases. */
export const mostRounds = 100;

/** What is said of a source that gives nothing to use. */
export const uselessRandomness = (): OutOfRangeError =>
  new OutOfRangeError('randomBytes', 'must give random bytes: it gave zeros only');
