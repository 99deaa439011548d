import { formatNames } from './bucket-option-checks.js';
import { callChecks } from './call-option-checks.js';
import {
  among,
  concurrency,
  flag,
  func,
  headerText,
  number,
  type OptionChecks,
  optional,
  pairsOf,
  text,
} from './option-parsing.js';
import type { CopyOptions, ReencryptOptions, RenameOptions, RewrapOptions } from './option-types.js';
import { onPlainObject } from './read-option-checks.js';

const keepingChecks = {
  signal: callChecks.signal,
  acl: optional(among('default', 'private', 'public-read', 'public-read-write')),
  sealedAs: optional(text),
};

export const rewrapOptionsSchema: OptionChecks<RewrapOptions> = {
  ...keepingChecks,
  context: optional(pairsOf(text)),
};

export const renameOptionsSchema: OptionChecks<RenameOptions> = {
  ...keepingChecks,
  onPlainObject: optional(onPlainObject),
  forbidOverwrite: optional(flag),
};

export const copyOptionsSchema: OptionChecks<CopyOptions> = {
  ...renameOptionsSchema,
  headers: callChecks.headers,
  versionId: optional(headerText),
  metadata: optional(pairsOf(text)),
  contentType: optional(headerText),
};

export const reencryptOptionsSchema: OptionChecks<ReencryptOptions> = {
  ...keepingChecks,
  format: optional(among(...formatNames)),
  context: optional(pairsOf(text)),
  onPlainObject: optional(onPlainObject),
  partSizeBytes: optional(number),
  concurrency: optional(concurrency),
  onProgress: optional(func()),
};
