import type { Headers, ObjectTransport } from '../contract/object-transport.js';
import { CapabilityMissingError, isOssEnvelopeError } from '../errors/errors.js';
import type { ObjectState } from './object-state.js';

// A copy that the server makes of an object as it was seen, and of no later state.

/** S22: how often an object is read anew that others change meanwhile. */
export const mostAttempts = 3;

/** What the transport copies with. @throws CapabilityMissingError */
export function copyOf(transport: ObjectTransport): NonNullable<ObjectTransport['copy']> {
  if (transport.copy !== undefined) return transport.copy.bind(transport);
  throw new CapabilityMissingError(
    'copy',
    'The server has to copy the object, and the transport cannot ask it to (its member `copy`). Use another transport.',
  );
}

/**
 * S22: both conditions: a copy that changes nothing but metadata keeps the ETag, so if-match alone does not see that
 * somebody else has made one.
 */
export function conditionsOf({ etag, lastModified }: ObjectState): Headers {
  return {
    'x-oss-copy-source-if-match': etag,
    'x-oss-copy-source-if-unmodified-since': lastModified,
  };
}

/** Whether an error says that the source is not what the conditions of a copy say. */
export function isChangedSource(error: unknown): boolean {
  return isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 412;
}
