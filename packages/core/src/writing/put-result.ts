import type { Headers, ObjectResponse } from '../contract/object-transport.js';
import type { Envelope } from '../envelope/envelope.js';
import { printableEnvelope } from '../envelope/printable-envelope.js';

/** What was stored. */
export interface PutResult {
  readonly envelope: Envelope;
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly requestId: string | undefined;
  /** With the header `x-oss-callback`: the answer of the callback's server, as text. Undefined when it was lost. */
  readonly callbackAnswer?: string | undefined;
}

/**
 * The result of an answer that stored an object.
 *
 * @param asked - the headers that the object was stored with
 */
export function putResult(
  envelope: Envelope,
  { headers, document }: ObjectResponse,
  asked: Headers,
): PutResult {
  return {
    envelope: printableEnvelope(envelope),
    etag: headers.etag,
    versionId: headers['x-oss-version-id'],
    requestId: headers['x-oss-request-id'],
    ...(Object.hasOwn(asked, 'x-oss-callback') && { callbackAnswer: document }),
  };
}
