import { assertObjectKey } from '../adapter/object-key.js';
import { isFromOss } from '../adapter/oss-answer.js';
import type { HeadObjectRequest, ObjectTransport } from '../contract/object-transport.js';
import { isOssEnvelopeError, TransportError } from '../errors/errors.js';
import { callHeaders } from './call-headers.js';
import { parseArgument } from './option-parsing.js';
import type { ExistsOptions } from './option-types.js';
import { deleteOptionsSchema } from './read-option-checks.js';

/** The codes of a 404 that is about the object. Another one is about the bucket. */
const absentCodes: ReadonlySet<string | undefined> = new Set(['NoSuchKey', 'NoSuchVersion']);

/** Whether there is an object. @throws as `EncryptedBucket.exists` */
export async function objectExists(
  transport: Pick<ObjectTransport, 'get' | 'head'>,
  key: string,
  options: ExistsOptions,
): Promise<boolean> {
  assertObjectKey(key);
  const { headers, versionId, signal } = parseArgument('options', options, deleteOptionsSchema);
  signal?.throwIfAborted();
  const request = { key, headers: callHeaders(headers), versionId, signal };
  try {
    const answer = await transport.head(request);
    if (isFromOss(answer.headers)) return true;
    throw new TransportError(
      'The answer shows neither ETag nor x-oss-request-id, which OSS always sends, so it may be the answer of a proxy or a ' +
        "login page. In a browser, expose both headers in the bucket's CORS rules.",
      { retryable: false },
    );
  } catch (error) {
    if (!isOssEnvelopeError(error, 'ERR_SERVICE') || error.status !== 404) throw error;
    // The answer to a HEAD has no document, and a page sees the header that stands for it only where CORS exposes it.
    if (error.serviceCode === undefined) return existsByGet(transport, request);
    if (absentCodes.has(error.serviceCode)) return false;
    throw error;
  }
}

async function existsByGet(
  transport: Pick<ObjectTransport, 'get'>,
  { headers, ...request }: HeadObjectRequest,
): Promise<boolean> {
  try {
    const answer = await transport.get({ ...request, headers: { ...headers, range: 'bytes=0-0' } });
    await answer.cancel();
    return true;
  } catch (error) {
    if (isOssEnvelopeError(error, 'ERR_SERVICE')) {
      if (error.status === 416) return true;
      if (error.status === 404 && absentCodes.has(error.serviceCode)) return false;
    }
    throw error;
  }
}
