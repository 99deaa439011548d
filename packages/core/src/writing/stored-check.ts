import { isFromOss } from '../adapter/oss-answer.js';
import type { ObjectResponse } from '../contract/object-transport.js';
import { IntegrityError, TransportError } from '../errors/errors.js';
import type { Tally } from './encrypted-body.js';

const advice = 'What is stored now may be damaged: store the object again, or delete it.';

/**
 * Compares what the server says that it stored with what was encrypted. A transport cannot break this: it is asked
 * after it has said that all is well.
 *
 * @param crc64 - of the stored bytes, in decimal, where sums are made
 * @throws TransportError when the answer is not one of OSS
 * @throws IntegrityError when the sums differ
 */
export function assertStored(response: ObjectResponse, crc64: string | undefined): void {
  const { headers } = response;
  if (!isFromOss(headers)) {
    throw new TransportError(
      'The answer to the upload is not one of OSS: it has neither an ETag nor a request id. Check the endpoint, and ' +
        "what stands between here and there. In a browser, expose both headers in the bucket's CORS rules.",
      { retryable: false },
    );
  }
  const stored = headers['x-oss-hash-crc64ecma'];
  if (crc64 !== undefined && stored !== undefined && stored !== crc64) {
    throw new IntegrityError(
      `OSS stored other bytes than were sent: it has another CRC-64 of them. ${advice}`,
    );
  }
}

/**
 * Checks that a body was taken whole.
 *
 * @throws IntegrityError when the transport said that all is well without that
 */
export function assertTaken({ isWhole }: Tally): void {
  if (isWhole) return;
  throw new IntegrityError(
    `The transport reported success before it had taken all of the content. Report it to its maker. ${advice}`,
  );
}
