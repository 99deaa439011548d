import { isPassing, repeatabilityOf, retryPolicy, withRetries } from '../adapter/retry.js';
import { withContentSize } from '../envelope/envelope.js';
import { withAdvice } from '../errors/described-error.js';
import { EncryptedBody } from './encrypted-body.js';
import { isWorthALook, sendObject } from './one-request.js';
import { type PutResult, putResult } from './put-result.js';
import { storedDespite } from './sent-object.js';
import type { Source } from './source.js';
import { plaintextOf } from './source-reading.js';
import { assertStored, assertTaken } from './stored-check.js';
import type { SentObject } from './stored-proof.js';
import { createKey, type Writing } from './writing-context.js';

/**
 * Stores plaintext as it comes. A source that can be read again is sent again after a passing failure. Each time it is
 * read anew and encrypted under a fresh key, so two contents never share one keystream.
 */
export async function putStream(writing: Writing, source: Source): Promise<PutResult> {
  const { transport } = writing.context;
  const comesAgain = source.kind === 'bytes' || source.comesAgain;
  /** The tries that failed after all of the content was taken. */
  const tries: SentObject[] = [];
  const attempt = async (): Promise<PutResult> => {
    try {
      return await putStreamOnce(writing, source, tries);
    } catch (error) {
      if (tries.length === 0 || !isWorthALook(writing, error)) throw error;
      const { sent, response } = await storedDespite(error, writing, tries);
      return putResult(sent.envelope, response, writing.headers);
    }
  };
  return withRetries(attempt, {
    repeatable: comesAgain ? repeatabilityOf('put', writing.headers) : 'never',
    policy: transport.retry ?? retryPolicy(),
    signal: writing.signal,
  }).catch((error: unknown) => {
    throw comesAgain || !isPassing(error) ? error : withAdvice(error, onceAdvice);
  });
}

const onceAdvice =
  'It may succeed later, but this content comes only once, so it was not sent again. Put it anew, give it as bytes, ' +
  'a Blob or a file, or have it sent in parts, each of which is kept until it is stored';

async function putStreamOnce(writing: Writing, source: Source, failed: SentObject[]): Promise<PutResult> {
  const { context, signal, onProgress } = writing;
  const { transport, scheme } = context;
  const { envelope, contentKey, headersOf } = await createKey(writing);
  const { sizeBytes } = source;
  const sum = transport.crc64?.create();
  const body = new EncryptedBody(plaintextOf(source, signal), {
    encryptor: scheme.encryptor(contentKey),
    sum,
    takenInTurn: transport.takesChunksInTurn === true,
    onProgress,
    totalBytes: sizeBytes,
  });
  const whole = withContentSize(envelope, sizeBytes);
  const response = await sendObject(writing, headersOf(whole), {
    kind: 'chunks',
    sizeBytes: sizeBytes === undefined ? undefined : scheme.storedSize(sizeBytes),
    chunks: body.chunks,
  }).catch((error: unknown) => {
    const { isWhole, storedBytes } = body.tally;
    if (isWhole) failed.push({ envelope: whole, sizeBytes: storedBytes, crc64: sum?.digest() });
    throw error;
  });
  assertTaken(body.tally);
  assertStored(response, sum?.digest());
  return putResult(whole, response, writing.headers);
}
