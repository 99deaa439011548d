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

/** The checks of {@link UploadOptions}. */
export const uploadOptionsSchema: OptionChecks<UploadOptions> = {
  signal: optional(abortSignal),
  // What they may be called is checked with the metadata, by `ownHeaders`.
  headers: optional(pairsOf(headerText)),
  sizeBytes: optional(number),
  contentType: optional(headerText),
  metadata: optional(pairsOf(text)),
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
