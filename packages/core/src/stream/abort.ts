/** The callbacks that wait for each signal. */
const waiting = new WeakMap<AbortSignal, { readonly callbacks: Set<() => void>; readonly run: () => void }>();

/**
 * Calls `callback` once when the signal aborts; not at all when it has aborted already. However many wait, the signal
 * itself has one listener, so Node prints no warning about a leak when one signal is for many calls.
 *
 * @returns what ends the waiting; the last one takes the listener away
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {};
  let entry = waiting.get(signal);
  if (entry === undefined) {
    const callbacks = new Set<() => void>();
    const run = (): void => {
      waiting.delete(signal);
      for (const one of callbacks) one();
    };
    entry = { callbacks, run };
    waiting.set(signal, entry);
    signal.addEventListener('abort', run, { once: true });
  }
  const { callbacks, run } = entry;
  // A function of its own, since the same callback may wait twice.
  const own = (): void => callback();
  callbacks.add(own);
  return () => {
    if (!callbacks.delete(own) || callbacks.size > 0 || waiting.get(signal)?.run !== run) return;
    waiting.delete(signal);
    signal.removeEventListener('abort', run);
  };
}

/**
 * The outcome of a promise, or the signal's reason if that comes first. The promise itself goes on.
 *
 * @throws the signal's reason; what the promise rejects with
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    promise.catch(() => {});
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const end = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(end);
  });
}
