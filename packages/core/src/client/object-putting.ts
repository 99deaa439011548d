import { assertObjectKey } from '../adapter/object-key.js';
import type { FormatName } from '../contract/key-provider.js';
import { describeError, type ObjectCall } from '../errors/described-error.js';
import { InvalidArgumentError } from '../errors/errors.js';
import { steadyProgress } from '../stream/progress.js';
import { writeObject } from '../writing/object-writing.js';
import type { PutResult } from '../writing/put-result.js';
import { type Content, isTaken, openSource, releaseContent, type Source } from '../writing/source.js';
import type { Writing, WritingContext } from '../writing/writing-context.js';
import { objectHeaders } from './object-headers.js';
import { type OptionChecks, parseArgument } from './option-parsing.js';
import type { PutOptions, UploadOptions } from './option-types.js';

const usualThresholdBytes = 32 * 1024 * 1024;
/** How many parts are under way at once unless the caller says. */
export const usualConcurrency = 3;

/** How a content is stored. */
export interface Putting {
  readonly options: PutOptions;
  /** Of the options that this bucket takes. */
  readonly checks: OptionChecks<PutOptions> | OptionChecks<UploadOptions>;
  /** What errors say of it. */
  readonly call: ObjectCall;
}

/** Encrypts a content and stores it, and gives it up when that fails. @throws as `EncryptedBucket.put` */
export async function putObject(
  context: WritingContext,
  key: string,
  content: Content,
  { options, checks, call }: Putting,
): Promise<PutResult> {
  const isAnothers = isTaken(content);
  let source: Source | undefined;
  try {
    assertObjectKey(key);
    const checked = parseArgument<PutOptions>('options', options, checks as OptionChecks<PutOptions>);
    assertFormatHas(context.format, checked);
    // Before anything is waited for: a stream that fails meanwhile would end the process.
    source = openSource(content, checked.sizeBytes);
    const headers = await objectHeaders(checked, content);
    checked.signal?.throwIfAborted();
    const progress = steadyProgress(checked.onProgress);
    const writing: Writing = {
      context,
      key,
      headers,
      contentMd5: checked.contentMd5,
      multipartThresholdBytes: checked.multipartThresholdBytes ?? usualThresholdBytes,
      partSizeBytes: checked.partSizeBytes,
      concurrency: checked.concurrency ?? usualConcurrency,
      checkpoint: checked.checkpoint,
      sourceState: checked.sourceState ?? '',
      signal: checked.signal,
      onProgress: progress?.onProgress,
    };
    const result = await writeObject(writing, source);
    progress?.end();
    return result;
  } catch (cause) {
    const error = describeError(cause, call);
    if (!isAnothers) releaseContent(content, error);
    if (source?.kind === 'chunks') source.giveUp?.();
    throw error;
  }
}

/** Refuses an option that the format has no place for: the caller expects an effect that would not happen. */
function assertFormatHas(format: FormatName, { contentMd5 }: PutOptions): void {
  if (format !== 'sealed' || contentMd5 === undefined) return;
  throw new InvalidArgumentError(
    'options.contentMd5',
    "must be left out with the format 'sealed', which records no MD5: each byte is verified by what it is sealed with",
  );
}
