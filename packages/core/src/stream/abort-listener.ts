/** Who waits for the abort of a signal. All of them share one listener. */
const waiting = new WeakMap<
  AbortSignal,
  { readonly callbacks: Set<() => void>; readonly listener: () => void }
>();

/**
 * Calls `callback` when the signal aborts. However many wait for one signal, it has one listener: Node warns of more
 * than ten, and one signal may end any number of calls.
 *
 * @returns stops waiting; harmless when it is over
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let shared = waiting.get(signal);
  if (shared === undefined) {
    const callbacks = new Set<() => void>();
    const listener = (): void => {
      waiting.delete(signal);
      for (const each of callbacks) each();
    };
    shared = { callbacks, listener };
    waiting.set(signal, shared);
    signal.addEventListener('abort', listener, { once: true });
  }
  const { callbacks, listener } = shared;
  // The same function may be given twice.
  const own = (): void => callback();
  callbacks.add(own);
  return () => {
    if (!callbacks.delete(own) || callbacks.size > 0 || waiting.get(signal)?.callbacks !== callbacks) return;
    waiting.delete(signal);
    signal.removeEventListener('abort', listener);
  };
}
