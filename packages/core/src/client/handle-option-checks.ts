import { callChecks } from './call-option-checks.js';
import {
  concurrency,
  func,
  integer,
  isA,
  type OptionChecks,
  optional,
  passing,
  positiveNumber,
} from './option-parsing.js';
import type { DownloadOptions, OpenOptions } from './option-types.js';
import { readChecks } from './read-option-checks.js';

export const openOptionsSchema: OptionChecks<OpenOptions> = {
  ...readChecks,
  prefetchBytes: optional(positiveNumber),
};

/** For fewer bytes, the headers of a request and its answer are longer than what they bring. */
const leastRangeBytes = 1000;

export const downloadOptionsSchema: OptionChecks<DownloadOptions> = {
  partSizeBytes: optional(
    integer(leastRangeBytes, Number.MAX_SAFE_INTEGER, `must be ${leastRangeBytes} or more, and below 2^53`),
  ),
  concurrency: optional(concurrency),
  completed: optional(passing(isA('Map'), 'must be a Map')),
  onCompleted: optional(func()),
  signal: callChecks.signal,
  onProgress: optional(func()),
};
