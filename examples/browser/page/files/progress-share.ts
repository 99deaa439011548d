import type { Progress } from '@oss-envelope/core';

/** How far something is, from 0 to 1. What is empty is done. */
export const shareOf = ({ transferredBytes, totalBytes = 0 }: Progress): number =>
  totalBytes === 0 ? 1 : transferredBytes / totalBytes;
