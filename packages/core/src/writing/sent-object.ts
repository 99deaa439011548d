import { loaded } from '../adapter/lazy-module.js';
import { withAdvice } from '../errors/described-error.js';
import { isOssEnvelopeError, type TransportError } from '../errors/errors.js';
import type { SentObject, StoredObject } from './stored-proof.js';
import type { Writing } from './writing-context.js';

/**
 * Whether a try that failed in this way may have stored the object all the same. Its answer may be lost. Or the transport,
 * or the runtime's own `fetch`, sent it again, and it found the object of the first time in its way: a conflict (409),
 * for what must not replace an object and under a retention policy.
 */
export function mayBeStored(error: unknown): boolean {
  if (isOssEnvelopeError(error, 'ERR_TRANSPORT')) return error.retryable;
  return isOssEnvelopeError(error, 'ERR_SERVICE') && (error.retryable || error.status === 409);
}

/**
 * Looks after a failure whether one of the tries has stored the object after all. The means for it are loaded then.
 *
 * @throws the failure when none has, or when that cannot be seen; the signal's reason
 */
export async function storedDespite(
  failure: unknown,
  writing: Writing,
  tries: readonly SentObject[],
): Promise<StoredObject> {
  const { proveStored } = await loaded(import('./stored-proof.js')).catch(({ message }: TransportError) => {
    writing.signal?.throwIfAborted();
    throw withAdvice(
      failure,
      `A try of this call may have stored the object all the same, which could not be seen. ${message} Look at the object before you store it again`,
    );
  });
  return proveStored(failure, writing, tries);
}
