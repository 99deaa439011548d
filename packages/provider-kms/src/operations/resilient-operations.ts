import { ServiceError, TransportError } from '@oss-envelope/core';
import { clientFailure, timeoutError } from './client-failure.js';
import type {
  CallControl,
  DecryptParameters,
  EncryptParameters,
  GenerateDataKeyParameters,
  KmsAction,
  KmsAnswer,
  KmsOperations,
} from './kms-operations.js';

/** Waits; rejects with the signal's reason when it is aborted meanwhile. */
export type Sleep = (delayMs: number, signal?: AbortSignal) => Promise<void>;

/** How often and how long a call is tried. */
export interface ResilienceOptions {
  /** The time that one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How many attempts may follow the first. */
  readonly retries: number;
  readonly sleep: Sleep;
  /** A number from 0 up to, not including, 1: the jitter. */
  readonly random: () => number;
}

/** The operations as the provider calls them: without retries and time-outs to think of. */
export interface ResilientOperations {
  generateDataKey(parameters: GenerateDataKeyParameters, signal: AbortSignal | undefined): Promise<KmsAnswer>;
  encrypt(parameters: EncryptParameters, signal: AbortSignal | undefined): Promise<KmsAnswer>;
  decrypt(parameters: DecryptParameters, signal: AbortSignal | undefined): Promise<KmsAnswer>;
}

const firstDelayMs = 100;
const longestDelayMs = 5000;

/**
 * Puts a time limit, retries and this project's errors around the operations of a client. Throttling, 5xx, failed
 * connections and garbled answers are tried again, after 100 ms doubled each time up to 5 s, of which a random half is
 * left out; refusals are not. What a client threw does not get past here.
 *
 * @throws ServiceError for a refusal, TransportError for a failed exchange, the signal's reason for an abort
 */
export function resilientOperations(
  operations: KmsOperations,
  options: ResilienceOptions,
): ResilientOperations {
  async function call(
    action: KmsAction,
    run: (control: CallControl) => Promise<KmsAnswer>,
    signal: AbortSignal | undefined,
  ): Promise<KmsAnswer> {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const outcome = await attemptOnce(action, run, options.timeoutMs, signal);
      if (outcome.kind === 'answer') return outcome.answer;
      signal?.throwIfAborted();
      if (!isRetryable(outcome.error)) throw outcome.error;
      if (attempt > options.retries) throw gaveUp(outcome.error, attempt);
      await options.sleep(backoffMs(attempt, options.random()), signal);
    }
  }
  return {
    generateDataKey: (parameters, signal) =>
      call('GenerateDataKey', (control) => operations.generateDataKey(parameters, control), signal),
    encrypt: (parameters, signal) =>
      call('Encrypt', (control) => operations.encrypt(parameters, control), signal),
    decrypt: (parameters, signal) =>
      call('Decrypt', (control) => operations.decrypt(parameters, control), signal),
  };
}

type Outcome =
  | { readonly kind: 'answer'; readonly answer: KmsAnswer }
  | { readonly kind: 'failure'; readonly error: Error };

async function attemptOnce(
  action: KmsAction,
  run: (control: CallControl) => Promise<KmsAnswer>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  // The clients of @alicloud/kms20160120 cannot be stopped, so they are left behind.
  const over = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(timeoutError(action, timeoutMs)), {
      once: true,
    });
  });
  try {
    const answer = await Promise.race([run({ signal: controller.signal, timeoutMs }), over]);
    return { kind: 'answer', answer };
  } catch (thrown) {
    const error = controller.signal.aborted ? timeoutError(action, timeoutMs) : clientFailure(action, thrown);
    return { kind: 'failure', error };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function isRetryable(error: Error): error is ServiceError | TransportError {
  return (error instanceof ServiceError || error instanceof TransportError) && error.retryable;
}

function gaveUp(error: ServiceError | TransportError, attempts: number): Error {
  if (attempts === 1) return error;
  const message = `${error.message} Given up after ${attempts} attempts.`;
  return error instanceof ServiceError
    ? new ServiceError(message, error)
    : new TransportError(message, { retryable: error.retryable });
}

/** How long to wait after a number of attempts, in milliseconds; `random` is from 0 up to, not including, 1. */
export function backoffMs(attempts: number, random: number): number {
  const longest = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempts - 1));
  return Math.round(longest / 2 + (longest / 2) * random);
}

/** Waits by the platform's timer. */
export const timerSleep: Sleep = (delayMs, signal) =>
  new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, delayMs);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
