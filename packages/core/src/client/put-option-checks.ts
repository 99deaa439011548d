import { adviceAgainstHeader } from '../adapter/request-headers.js';
import { decodeBase64 } from '../encoding/base64.js';
import { InvalidArgumentError } from '../errors/errors.js';
import {
  concurrency,
  flag,
  func,
  hasMethods,
  headerText,
  isA,
  number,
  type OptionChecks,
  optional,
  pairsOf,
  passing,
  text,
  wholeNumber,
} from './option-parsing.js';
import type { CallOptions, PutOptions, UploadOptions } from './option-types.js';

const headers = pairsOf((argument, value, name) => {
  const advice = adviceAgainstHeader(name);
  if (advice !== undefined) throw new InvalidArgumentError(argument, `must be left out: ${advice}`);
  if (!/^[A-Za-z0-9-]+$/.test(name)) {
    throw new InvalidArgumentError(argument, 'must be named with letters, digits and hyphens');
  }
  return headerText(argument, value);
});

/** The checks of {@link CallOptions}. */
export const callChecks: OptionChecks<CallOptions> = {
  signal: optional<AbortSignal>(passing(isA('AbortSignal'), 'must be an AbortSignal')),
  headers: optional(headers),
};

/** The checks of {@link UploadOptions}. */
export const uploadOptionsSchema: OptionChecks<UploadOptions> = {
  ...callChecks,
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

/** The checks of {@link PutOptions}. */
export const putOptionsSchema: OptionChecks<PutOptions> = {
  ...uploadOptionsSchema,
  checkpoint: optional(
    passing(hasMethods('open'), 'must be a checkpoint store: fileCheckpoint(…), or an object with open'),
  ),
  sourceState: optional(text),
};
