import type { Headers, RetryPolicy } from '../contract/object-transport.js';
import { isOssEnvelopeError } from '../errors/errors.js';
import { functionOption, wholeNumber } from './option-checks.js';
import { unlessAborted } from './unless-aborted.js';

// The one retry policy: which failures pass, which requests may be sent again, after which pause.

/** Which members of a {@link RetryPolicy} a caller may leave out. */
export type RetryOptions = { readonly [Name in keyof RetryPolicy]?: RetryPolicy[Name] | undefined };

const defaultRetries = 3;
const firstPauseMs = 200;
const maxPauseMs = 20_000;

/** Statuses that mean "try again later". All others need another request; 501 and 505 never pass. */
const passingStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Statuses of an answer that says that the request was not served at all. */
const unservedStatuses: ReadonlySet<number> = new Set([429, 503]);

/** Codes that say "not now" under a status that does not, as OSS and KMS have some in a 400. */
const passingCodes =
  /^(?:QpsLimitExceeded|RequestTimeout|Ser\w*Unavailable\w*|(?:Rejected\.)?Throttling(?:\..+)?)$/;

/** Codes of a fault on the service's side, which say so where the status does not: in the document of a 200. */
const faultCodes = /^Internal(?:Error|Failure)$/;

/** Whether a request that was answered so may succeed later, as it is. */
export function isPassingAnswer(status: number | undefined, serviceCode: string | undefined): boolean {
  if (status !== undefined && passingStatuses.has(status)) return true;
  if (serviceCode === undefined) return false;
  return passingCodes.test(serviceCode) || (faultCodes.test(serviceCode) && (status ?? 200) < 300);
}

/** Whether the call that failed so may succeed later, as it is. */
export function isPassing(error: unknown): boolean {
  return (
    (isOssEnvelopeError(error, 'ERR_SERVICE') || isOssEnvelopeError(error, 'ERR_TRANSPORT')) &&
    error.retryable
  );
}

/** Whether the service said that it did not serve the request at all. */
function isUnserved(error: unknown): boolean {
  return (
    isOssEnvelopeError(error, 'ERR_SERVICE') &&
    error.status !== undefined &&
    unservedStatuses.has(error.status)
  );
}

/**
 * When a request may be sent again. `always`: it has the same effect twice. `unserved`: only after an answer that
 * says that it was not served (429 and 503). Or `never`.
 */
export type Repeatability = 'always' | 'never' | 'unserved';

/** The operations of a transport. */
export type TransportOperation =
  | 'acl'
  | 'bucket-view'
  | 'copy'
  | 'delete'
  | 'delete-many'
  | 'drop-parts'
  | 'finish-parts'
  | 'get'
  | 'head'
  | 'list'
  | 'list-parts'
  | 'put'
  | 'put-part'
  | 'start-parts'
  | 'tags';

/** Whether the headers say that what is stored must not replace another object (names in lower case). */
export function isExclusive(headers: Headers): boolean {
  return headers['x-oss-forbid-overwrite']?.trim().toLowerCase() === 'true';
}

/**
 * When a request may be sent again, provided that its body can be: always, but for a copy that must not replace an
 * object. The second try could fail because the first one has made the copy, and nobody could tell it from a copy of
 * somebody else. A put can be told by its envelope, and so can an upload that is finished: the client then looks at what
 * is stored, and compares. A second start leaves an upload without parts behind; a second delete without a version
 * leaves a second delete marker.
 *
 * @param headers - names in lower case
 */
export function repeatabilityOf(operation: TransportOperation, headers: Headers): Repeatability {
  return operation === 'copy' && isExclusive(headers) ? 'unserved' : 'always';
}

/**
 * Waits.
 *
 * @throws the signal's reason as soon as it aborts
 */
export function sleep(delayMs: number, signal?: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, signal?.aborted ? 0 : delayMs);
  });
  return unlessAborted(slept, signal).finally(() => clearTimeout(timer));
}

/**
 * A retry policy, with the defaults for what is left out: 3 retries, the runtime's timer, `Math.random`.
 *
 * @param argument - what the options are called in errors
 * @throws InvalidArgumentError or OutOfRangeError that names the option
 */
export function retryPolicy(options: RetryOptions = {}, argument = 'options'): RetryPolicy {
  return {
    retries: wholeNumber(`${argument}.retries`, options.retries, { least: 0 }, defaultRetries),
    sleep: functionOption(`${argument}.sleep`, options.sleep, sleep),
    random: functionOption(`${argument}.random`, options.random, Math.random),
  };
}

/**
 * How long to wait before the next try: a random time up to a bound that doubles each time, from 200 ms to 20 s. So
 * clients that failed together do not return together ("full jitter"). The wait is at least as long as the service
 * asks.
 *
 * @param retry - how many retries there were, from 0
 * @param retryAfterMs - what the service asks for
 * @param random - from 0 up to, not including, 1
 * @returns milliseconds, or undefined when the service asks for more than 20 s, which is too long for a call to wait
 */
export function planPause(
  retry: number,
  retryAfterMs: number | undefined,
  random: number,
): number | undefined {
  if (retryAfterMs !== undefined && retryAfterMs > maxPauseMs) return undefined;
  return Math.max(retryAfterMs ?? 0, Math.min(maxPauseMs, firstPauseMs * 2 ** retry) * random);
}

/**
 * The header `Retry-After` in milliseconds: seconds, or a date (RFC 9110 §10.2.3), which counts from the answer's own
 * `Date`. Undefined where it says nothing of use.
 */
export function parseRetryAfter(headers: Headers): number | undefined {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const waitMs = Date.parse(value) - Date.parse(headers.date ?? '');
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

/** How a call is repeated. */
export interface RepeatOptions {
  /** A function is asked after each failure. */
  readonly repeatable: Repeatability | (() => Repeatability);
  readonly policy: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  /**
   * Corrects what a refusal is about, such as a wrong clock. It returns a name for what it corrected, or undefined when
   * there was nothing to do. The call is then made again at once, one time for each name.
   */
  readonly remedy?: ((error: unknown) => string | undefined) | undefined;
}

/**
 * Makes attempts until one succeeds, may not be repeated, or was the last.
 *
 * @param attempt - gets the number of attempts before it
 * @throws what the last attempt threw, or the signal's reason
 */
export async function withRetries<T>(
  attempt: (earlier: number) => Promise<T>,
  { repeatable, policy, signal, remedy }: RepeatOptions,
): Promise<T> {
  let remedies: Set<string> | undefined;
  let retry = 0;
  for (let earlier = 0; ; earlier++) {
    signal?.throwIfAborted();
    let failure: unknown;
    try {
      return await attempt(earlier);
    } catch (error) {
      failure = error;
    }
    signal?.throwIfAborted();
    const repeatability = typeof repeatable === 'function' ? repeatable() : repeatable;
    if (repeatability === 'never') throw failure;
    const name = remedy?.(failure);
    if (name !== undefined && !remedies?.has(name)) {
      remedies = (remedies ?? new Set()).add(name);
      continue;
    }
    const mayRepeat = isPassing(failure) && (repeatability === 'always' || isUnserved(failure));
    if (!mayRepeat || retry >= policy.retries) throw failure;
    const retryAfterMs = isOssEnvelopeError(failure, 'ERR_SERVICE') ? failure.retryAfterMs : undefined;
    const pauseMs = planPause(retry, retryAfterMs, policy.random());
    if (pauseMs === undefined) throw failure;
    retry++;
    try {
      await policy.sleep(pauseMs, signal);
    } finally {
      // A policy's own sleep may reject with another error than the reason.
      signal?.throwIfAborted();
    }
  }
}
