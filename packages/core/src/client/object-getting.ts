import { loaded } from '../adapter/lazy-module.js';
import { assertByteRange } from '../cipher/plaintext-range.js';
import type { ObjectCall } from '../errors/described-error.js';
import { describeObject } from '../reading/object-info.js';
import { type FetchedObject, fetchObject, openObject, readFetched } from '../reading/object-reading.js';
import type { HeldContent } from '../reading/reader-limit.js';
import type { OnPlainObject, ReadingContext } from '../reading/reading-context.js';
import { steadyProgress } from '../stream/progress.js';
import { readHeaders } from './call-headers.js';
import { EncryptedObject } from './encrypted-object.js';
import type { GetOptions } from './option-types.js';

/** What is got, beside the options of the call, which are checked. */
export interface Getting {
  readonly key: string;
  readonly options: GetOptions;
  /** Of the bucket. */
  readonly onPlainObject: OnPlainObject;
  /** What errors say of the reading. */
  readonly call: ObjectCall;
}

/** Few readers are limited. Loaded before a request is sent. */
async function readerLimit(timeoutMs: number): Promise<(held: HeldContent) => HeldContent> {
  const { limitReader } = await loaded(import('../reading/reader-limit.js'));
  return (held) => limitReader(held, timeoutMs);
}

/** Fetches an object or a range of it, and opens its envelope. @throws as `EncryptedBucket.get` */
export async function getObject(
  reading: ReadingContext,
  { key, options, call, onPlainObject: unlessAsked }: Getting,
): Promise<EncryptedObject<true> | EncryptedObject<false>> {
  const { range, signal, onProgress, readerTimeoutMs, versionId } = options;
  if (range !== undefined) assertByteRange(range);
  signal?.throwIfAborted();
  const limit = readerTimeoutMs === undefined ? undefined : await readerLimit(readerTimeoutMs);
  const { transport, keys } = reading;
  const query = { key, headers: readHeaders(options), versionId, range, signal };
  const place = { objectKey: options.sealedAs ?? key, context: options.context, signal };
  const onPlainObject = options.onPlainObject ?? unlessAsked;
  const open = (fetched: FetchedObject) => openObject(keys, fetched, onPlainObject, place);
  const fetched = await fetchObject(reading, query, async (failure, likelyScheme) => {
    const { provenBeyondEnd } = await loaded(import('../reading/beyond-end.js'));
    return provenBeyondEnd({ ...reading, likelyScheme }, query, open, failure);
  });
  const { response, plan, encryption, scheme } = fetched;
  try {
    const contentKey = await open(fetched);
    const authenticated = contentKey !== undefined && scheme.authenticates;
    const content = {
      chunks: readFetched(transport, fetched, contentKey, { progress: steadyProgress(onProgress) }),
      cancel: () => response.cancel(),
    };
    const { chunks, cancel } = limit?.(content) ?? content;
    const object = new EncryptedObject(describeObject(key, response, encryption, plan), authenticated, {
      chunks,
      cancel,
      areNew: contentKey !== undefined,
      sizeBytes: plan.frame.takeBytes,
      offsetBytes: plan.frame.plaintextOffsetBytes + plan.frame.dropBytes,
      call,
    });
    return object as EncryptedObject<true> | EncryptedObject<false>;
  } catch (error) {
    await response.cancel();
    throw error;
  }
}
