import { createMd5 } from '#md5';
import type { DownloadResponse } from '../contract/object-transport.js';
import { encodeBase64 } from '../encoding/base64.js';
import { IntegrityError } from '../errors/errors.js';
import type { ReadPlan } from './byte-range.js';

/**
 * The asked bytes of a response's body. Reads the body to its end where its end is asked for, so that the transport's
 * checks are made, and leaves it early otherwise.
 *
 * @throws IntegrityError when the body has more or fewer bytes than the server announced
 */
export async function* readPlanned(response: DownloadResponse, plan: ReadPlan): AsyncGenerator<Uint8Array> {
  let skip = plan.skipBytes;
  let remaining = plan.takeBytes ?? Number.POSITIVE_INFINITY;
  const objectEnd = plan.objectSizeBytes ?? Number.POSITIVE_INFINITY;
  const endsWithObject = plan.bodyOffsetBytes + skip + remaining === objectEnd;
  for await (const chunk of response.chunks) {
    const asked = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - asked.length;
    if (asked.length > remaining) {
      if (endsWithObject || response.status === 206) throw wrongLength('more');
      yield asked.subarray(0, remaining);
      return;
    }
    remaining -= asked.length;
    if (asked.length > 0) yield asked;
  }
  if (remaining > 0 && remaining !== Number.POSITIVE_INFINITY) throw wrongLength('fewer');
}

/**
 * Hands on the plaintext of a whole object and compares its MD5 with the one that the envelope records.
 *
 * @throws IntegrityError at the end, when they differ
 */
export async function* verifyMd5(chunks: AsyncIterable<Uint8Array>, md5: string): AsyncGenerator<Uint8Array> {
  const hash = createMd5();
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (encodeBase64(hash.digest()) !== md5) {
    throw new IntegrityError(
      'The decrypted content does not have the MD5 that its metadata record: the content, the metadata or the key is ' +
        'not what was written. Do not use what was read; restore the object from a copy.',
    );
  }
}

function wrongLength(found: 'more' | 'fewer'): IntegrityError {
  return new IntegrityError(
    `The object's body has ${found} bytes than the server announced. Do not use what was read; get the object again.`,
  );
}
