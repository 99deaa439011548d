import { isOssEnvelopeError, type RetryPolicy, ServiceError, TransportError } from '@oss-envelope/core';
import { isPassing, onAbort, withRetries } from '@oss-envelope/core/adapter';
import { clientFailure, timeoutError } from './client-failure.js';
import type { CallControl, KmsAction, KmsAnswer, KmsCall, KmsParameters } from './kms-operations.js';

/** How often and how long a call is tried. */
export interface ResilienceOptions {
  /** The time that one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly policy: RetryPolicy;
}

/** The operations as the provider calls them: without retries and time-outs to think of. */
export type ResilientCall = <Action extends KmsAction>(
  action: Action,
  parameters: KmsParameters[Action],
  signal: AbortSignal | undefined,
) => Promise<KmsAnswer>;

/**
 * Puts a time limit, this project's one retry policy and its errors around the operations of a client. What a client
 * threw does not get past here.
 *
 * @throws ServiceError for a refusal, TransportError for a failed exchange, the signal's reason for an abort
 */
export function resilientCall(call: KmsCall, { timeoutMs, policy }: ResilienceOptions): ResilientCall {
  return async (action, parameters, signal) => {
    let attempts = 0;
    try {
      return await withRetries(
        (earlier) => {
          attempts = earlier + 1;
          return withinTime(action, (control) => call(action, parameters, control), timeoutMs, signal);
        },
        { repeatable: 'always', policy, signal },
      );
    } catch (error) {
      throw attempts > 1 && !signal?.aborted ? gaveUp(error, attempts) : error;
    }
  };
}

async function withinTime(
  action: KmsAction,
  run: (control: CallControl) => Promise<KmsAnswer>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<KmsAnswer> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  const endAbort = signal && onAbort(signal, abort);
  // The clients of @alicloud/kms20160120 cannot be stopped, so they are left behind.
  const over = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(timeoutError(action, timeoutMs)));
  });
  try {
    return await Promise.race([run({ signal: controller.signal, timeoutMs }), over]);
  } catch (thrown) {
    throw controller.signal.aborted ? timeoutError(action, timeoutMs) : clientFailure(action, thrown);
  } finally {
    clearTimeout(timer);
    endAbort?.();
  }
}

function gaveUp(error: unknown, attempts: number): unknown {
  if (!isPassing(error)) return error;
  if (isOssEnvelopeError(error, 'ERR_SERVICE')) {
    return new ServiceError(`${error.message} Given up after ${attempts} attempts.`, error);
  }
  const { message } = error as TransportError;
  return new TransportError(`${message} Given up after ${attempts} attempts.`, { retryable: true });
}
