import { headersForRequest } from '../adapter/request-headers.js';
import type { ObjectResponse } from '../contract/object-transport.js';
import { type Envelope, formatEnvelope } from '../envelope/envelope.js';
import { withAdvice } from '../errors/described-error.js';
import { isOssEnvelopeError } from '../errors/errors.js';
import type { Writing } from './writing-context.js';

/** An object as one try to store it sent it, whole. */
export interface SentObject {
  readonly envelope: Envelope;
  /** Of the stored bytes. */
  readonly sizeBytes: number;
  /** Of the stored bytes, in decimal, where sums are made. */
  readonly crc64: string | undefined;
}

/** What the server has, and which try stored it. */
export interface StoredObject {
  readonly sent: SentObject;
  readonly response: ObjectResponse;
}

/**
 * Looks after a failure whether one of the tries has stored the object after all. The envelope is the proof: each try
 * has a fresh data key, so nobody else's object has its headers. Size and CRC-64 are compared where the server shows
 * them.
 *
 * @throws the failure when none has, or when that cannot be seen; the signal's reason
 */
export async function proveStored(
  failure: unknown,
  { context, key, headers, signal }: Writing,
  tries: readonly SentObject[],
): Promise<StoredObject> {
  let response: ObjectResponse;
  try {
    // Of the object's headers it needs only those that every request has.
    response = await context.transport.head({
      key,
      headers: headersForRequest('list-parts', headers),
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 404
      ? failure
      : withAdvice(failure, unseenAdvice);
  }
  const sent = tries.find((candidate) => isSame(candidate, response));
  if (sent === undefined) throw failure;
  return { sent, response };
}

const unseenAdvice =
  'A try of this call may have stored the object all the same. That could not be seen, since a HEAD of it failed: look ' +
  'at the object before you store it again';

function isSame({ envelope, sizeBytes, crc64 }: SentObject, { headers }: ObjectResponse): boolean {
  const agrees = (name: string, expected: string | undefined): boolean =>
    headers[name] === undefined || expected === undefined || headers[name] === expected;
  return (
    Object.entries(formatEnvelope(envelope)).every(([name, value]) => headers[name] === value) &&
    agrees('content-length', String(sizeBytes)) &&
    agrees('x-oss-hash-crc64ecma', crc64)
  );
}
