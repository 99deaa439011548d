import { md5Digest } from '../adapter/md5-digest.js';
import { headersForRequest } from '../adapter/request-headers.js';
import { isExclusive, isPassing } from '../adapter/retry.js';
import type { Headers, ObjectResponse, UploadBody } from '../contract/object-transport.js';
import { encodeBase64 } from '../encoding/base64.js';
import { withContentSize } from '../envelope/envelope.js';
import { assertMetadataSize } from '../envelope/user-metadata.js';
import { type PutResult, putResult } from './put-result.js';
import { mayBeStored, storedDespite } from './sent-object.js';
import { assertUnchanged, type BytesSource } from './source.js';
import { assertStored } from './stored-check.js';
import type { SentObject } from './stored-proof.js';
import { createKey, type Writing } from './writing-context.js';

/** Stores plaintext that is small and in memory. The transport may send the encrypted bytes again. */
export async function putBytes(writing: Writing, source: BytesSource): Promise<PutResult> {
  const { context, onProgress } = writing;
  const { envelope, contentKey, headersOf } = await createKey(writing);
  const { bytes: plaintext, sizeBytes } = source;
  assertUnchanged(source);
  const bytes = await context.scheme.encryptBytes(plaintext, contentKey);
  assertUnchanged(source);
  const sum = context.transport.crc64?.create();
  sum?.update(bytes);
  const whole = withContentSize(envelope, sizeBytes);
  const sent: SentObject = { envelope: whole, sizeBytes: bytes.length, crc64: sum?.digest() };
  // OSS compares it before it replaces anything.
  const md5 = writing.beforeReplacing && { 'content-md5': encodeBase64(await md5Digest(bytes)) };
  await writing.beforeReplacing?.();
  const response = await sendObject(writing, Object.assign(headersOf(whole), md5), {
    kind: 'bytes',
    bytes,
    onSent: scaledTo(sizeBytes, bytes.length, (transferredBytes) => {
      onProgress?.({ transferredBytes, totalBytes: sizeBytes });
    }),
  }).catch(async (error: unknown) => {
    if (!isWorthALook(writing, error)) throw error;
    return (await storedDespite(error, writing, [sent])).response;
  });
  assertStored(response, sent.crc64);
  onProgress?.({ transferredBytes: sizeBytes, totalBytes: sizeBytes });
  return putResult(whole, response, writing.headers);
}

/**
 * Whether to look for the object after a failure: after a conflict, and when it must not replace another one, so that a
 * next try would fail. What may replace an object is sent again instead.
 */
export function isWorthALook({ headers }: Writing, error: unknown): boolean {
  return mayBeStored(error) && (!isPassing(error) || isExclusive(headers));
}

/** Stores a body in one request, with the headers of the object, and those of its envelope and of the request. */
export function sendObject(
  { context, key, headers, signal }: Writing,
  addedHeaders: Headers,
  body: UploadBody,
): Promise<ObjectResponse> {
  const all: Headers = Object.assign(headersForRequest('put', headers), addedHeaders);
  assertMetadataSize(all);
  return context.transport.put({ key, headers: all, body, signal });
}

/** Turns a number of stored bytes that were sent into the plaintext bytes that they stand for. */
export function scaledTo(
  plaintextBytes: number,
  storedBytes: number,
  tell: (plaintextBytes: number) => void,
): (sentBytes: number) => void {
  return (sentBytes) => {
    tell(
      storedBytes === 0 ? 0 : Math.floor((Math.min(sentBytes, storedBytes) / storedBytes) * plaintextBytes),
    );
  };
}
