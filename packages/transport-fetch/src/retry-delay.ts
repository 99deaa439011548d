/** Waits, and rejects with the signal's reason when it aborts. */
export type Sleep = (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;

const firstDelayMs = 200;
const maxDelayMs = 20_000;

/**
 * How long to wait before the next try: twice as long each time, and anything between nothing and that, so that
 * clients that failed together do not return together ("full jitter"). At least as long as the server asks.
 *
 * @param retry - how many retries there were, from 0
 * @param retryAfterMs - what the server asks for
 * @param random - a number from 0 to 1
 * @returns milliseconds, or `undefined` when the server asks for longer than anybody should wait in a call
 */
export function planRetryDelay(
  retry: number,
  retryAfterMs: number | undefined,
  random: number,
): number | undefined {
  if (retryAfterMs !== undefined && retryAfterMs > maxDelayMs) return undefined;
  return Math.max(retryAfterMs ?? 0, Math.min(maxDelayMs, firstDelayMs * 2 ** retry) * random);
}

/** {@link Sleep} by the runtime's timer. */
export function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
