import type { ObjectResponse } from '../contract/object-transport.js';
import type { Envelope } from '../envelope/envelope.js';
import { printableEnvelope } from '../envelope/printable-envelope.js';

/** What was stored. */
export interface PutResult {
  readonly envelope: Envelope;
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly requestId: string | undefined;
}

/** The result of an answer that stored an object. */
export function putResult(envelope: Envelope, { headers }: ObjectResponse): PutResult {
  return {
    envelope: printableEnvelope(envelope),
    etag: headers.etag,
    versionId: headers['x-oss-version-id'],
    requestId: headers['x-oss-request-id'],
  };
}
