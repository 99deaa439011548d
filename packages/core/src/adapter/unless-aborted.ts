import { onAbort } from '../stream/abort-listener.js';

/**
 * The outcome of a promise, or the signal's reason if that comes first. The promise itself goes on.
 *
 * @throws the signal's reason; what the promise rejects with
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    // A late rejection of what nobody waits for any more is no news.
    promise.catch(() => {});
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(stop);
  });
}
