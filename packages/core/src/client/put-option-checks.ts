import { decodeBase64 } from '../encoding/base64.js';
import { InvalidArgumentError } from '../errors/errors.js';
import {
  abortSignal,
  concurrency,
  flag,
  func,
  headerText,
  number,
  type OptionChecks,
  optional,
  pairsOf,
  text,
  wholeNumber,
} from './option-parsing.js';
import type { UploadOptions } from './option-types.js';

/** A copy, for now: names and values are checked by `ownHeaders`, which a page loads with the first of them. */
const pairs = pairsOf((_, value) => value as string);

/** The checks of {@link UploadOptions}. */
export const uploadOptionsSchema: OptionChecks<UploadOptions> = {
  signal: optional(abortSignal),
  headers: optional(pairs),
  sizeBytes: optional(number),
  contentType: optional(headerText),
  metadata: optional(pairs),
  contentMd5: optional((argument, value) => {
    if (decodeBase64(text(argument, value))?.length === 16) return value as string;
    throw new InvalidArgumentError(argument, 'must be the base64 of an MD5, 24 characters');
  }),
  forbidOverwrite: optional(flag),
  multipartThresholdBytes: optional(wholeNumber),
  // Checked by planParts, which knows the limits.
  partSizeBytes: optional(number),
  concurrency: optional(concurrency),
  onProgress: optional(func()),
};
