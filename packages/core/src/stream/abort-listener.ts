/**
 * One who waits. It forgets its callback when it stops: the tables that a Set has outgrown lead to the next ones, so that
 * V8, once one of them is in its old generation, keeps until a full collection who ever waited behind it. That would be
 * each request of a transfer.
 */
interface Place {
  callback: (() => void) | undefined;
}

/** Who waits for the abort of a signal. All of them share one listener. */
const waiting = new WeakMap<AbortSignal, { readonly places: Set<Place>; readonly listener: () => void }>();

/**
 * Calls `callback` when the signal aborts. However many wait for one signal, it has one listener: Node warns of more
 * than ten, and one signal may end any number of calls.
 *
 * @returns stops waiting; harmless when it is over
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let shared = waiting.get(signal);
  if (shared === undefined) {
    const places = new Set<Place>();
    const listener = (): void => {
      waiting.delete(signal);
      for (const { callback } of places) callback?.();
    };
    shared = { places, listener };
    waiting.set(signal, shared);
    signal.addEventListener('abort', listener, { once: true });
  }
  const { places, listener } = shared;
  const own: Place = { callback };
  places.add(own);
  return () => {
    own.callback = undefined;
    if (!places.delete(own) || places.size > 0 || waiting.get(signal)?.places !== places) return;
    waiting.delete(signal);
    signal.removeEventListener('abort', listener);
  };
}
