import { assertObjectKey } from '../adapter/object-key.js';
import { plaintextSize } from '../cipher/content-scheme.js';
import { answeredEnvelope } from '../reading/answered-envelope.js';
import { describeObject, type ObjectInfo } from '../reading/object-info.js';
import { schemeOf } from '../reading/object-reading.js';
import { placeOfBody } from '../reading/read-plan.js';
import type { ReadingContext } from '../reading/reading-context.js';
import { readHeaders } from './call-headers.js';
import { parseArgument } from './option-parsing.js';
import type { HeadOptions } from './option-types.js';
import { headOptionsSchema } from './read-option-checks.js';

/** What is known of an object without its content. @throws as `EncryptedBucket.head` */
export async function headObject(
  { transport, lenient }: Pick<ReadingContext, 'lenient' | 'transport'>,
  key: string,
  options: HeadOptions,
): Promise<ObjectInfo> {
  assertObjectKey(key);
  const checked = parseArgument('options', options, headOptionsSchema);
  const { signal, versionId } = checked;
  signal?.throwIfAborted();
  const response = await transport.head({ key, headers: readHeaders(checked), versionId, signal });
  const encryption = answeredEnvelope(response, lenient);
  const { storedSizeBytes } = placeOfBody(response);
  const sizeBytes =
    storedSizeBytes === undefined ? undefined : plaintextSize(schemeOf(encryption), storedSizeBytes);
  return describeObject(key, response, encryption, { sizeBytes, storedSizeBytes });
}
