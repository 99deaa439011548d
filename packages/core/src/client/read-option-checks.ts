import { formatNames, provider, uploadBucketOptionsSchema } from './bucket-option-checks.js';
import { callChecks } from './call-option-checks.js';
import {
  among,
  type Check,
  date,
  flag,
  func,
  headerText,
  listOf,
  milliseconds,
  type OptionChecks,
  optional,
  pairsOf,
  passing,
  text,
} from './option-parsing.js';
import type {
  DecryptOptions,
  DeleteOptions,
  EncryptedBucketOptions,
  GetOptions,
  HeadOptions,
  VerifyOptions,
} from './option-types.js';

/** What to do with an object that is not encrypted. */
export const onPlainObject: Check<'error' | 'pass'> = among('error', 'pass');

/** The checks of {@link EncryptedBucketOptions}. */
export const bucketOptionsSchema: OptionChecks<EncryptedBucketOptions> = {
  ...uploadBucketOptionsSchema,
  otherProviders: optional(listOf(provider, 0, Number.POSITIVE_INFINITY, '')),
  reads: optional(listOf(among(...formatNames), 1, Number.POSITIVE_INFINITY, 'must name a format at least')),
  onPlainObject: optional(onPlainObject),
  onUnknownDescription: optional(among('error', 'use-provider')),
  lenient: optional(flag),
};

export const headOptionsSchema: OptionChecks<HeadOptions> = {
  ...callChecks,
  versionId: optional(headerText),
  ifMatch: optional(headerText),
  ifNoneMatch: optional(headerText),
  ifModifiedSince: optional(date),
  ifUnmodifiedSince: optional(date),
};

/** The checks of {@link DecryptOptions}. */
export const readChecks: OptionChecks<DecryptOptions> = {
  ...headOptionsSchema,
  onPlainObject: optional(onPlainObject),
  sealedAs: optional(text),
  context: optional(pairsOf(text)),
};

export const verifyOptionsSchema: OptionChecks<VerifyOptions> = {
  ...readChecks,
  readerTimeoutMs: optional(milliseconds),
  onProgress: optional(func()),
};

export const getOptionsSchema: OptionChecks<GetOptions> = {
  ...verifyOptionsSchema,
  // Checked by assertByteRange, which knows what to say.
  range: passing(() => true, ''),
};

export const deleteOptionsSchema: OptionChecks<DeleteOptions> = {
  ...callChecks,
  versionId: optional(headerText),
};
