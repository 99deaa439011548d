import { loaded } from '../adapter/lazy-module.js';
import { maxBufferedBytes } from './buffered-content.js';
import { putBytes } from './one-request.js';
import type { PutResult } from './put-result.js';
import type { BytesSource, Source } from './source.js';
import type { Writing } from './writing-context.js';

/**
 * Encrypts and stores plaintext. A few bytes in memory are one request, whatever else. For all other content there is
 * one decision, which a page loads with it.
 *
 * @throws as `EncryptedBucket.put`
 */
export async function writeObject(writing: Writing, source: Source): Promise<PutResult> {
  if (isSmall(writing, source)) return putBytes(writing, source);
  const { writeByWay } = await loaded(import('./content-way.js'));
  return writeByWay(writing, source);
}

/** Whether content is one request of bytes. A size of parts is checked also where there are none. */
function isSmall(writing: Writing, source: Source): source is BytesSource {
  return (
    source.kind === 'bytes' &&
    source.sizeBytes <= Math.min(maxBufferedBytes, writing.multipartThresholdBytes) &&
    writing.partSizeBytes === undefined &&
    writing.checkpoint === undefined
  );
}
