import type { KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { membersOf, ownTime, SharedKey, type Time } from './shared-key.js';

/** S18: how long a wrapping key is written with. */
export interface KeyReuse {
  /** For how many objects, at most 2^32; 1: never for a second one. Default 1000. */
  readonly maxObjects?: number | undefined;
  /** For how long at most, in milliseconds. Default 300,000 (five minutes). */
  readonly maxAgeMs?: number | undefined;
}

/** A wrapping key, and what the envelope holds of it. */
export interface WrappingKey {
  readonly key: SecretBytes;
  readonly wrappedKey: Uint8Array;
}

interface PooledKey {
  readonly key: SharedKey<WrappingKey>;
  usesLeft: number;
}

/**
 * S18: the wrapping keys of a writer, each for one provider and one context. Objects that are written at the same time
 * share the making of one. A failure is never kept.
 */
export class WrappingKeyPool {
  readonly #maxObjects: number;
  readonly #maxAgeMs: number;
  readonly #time: Time;
  readonly #keys = new Map<KeyProvider, Map<string, PooledKey>>();

  constructor({ maxObjects = 1000, maxAgeMs = 300_000 }: KeyReuse = {}, time: Time = ownTime) {
    this.#maxObjects = maxObjects;
    this.#maxAgeMs = maxAgeMs;
    this.#time = time;
  }

  /**
   * Does something for one more object with a wrapping key, and gives its outcome.
   *
   * @param contextText - the object's context as it is stored; undefined for none
   * @param make - makes a wrapping key, when there is none to use
   * @param run - must not keep the key, whose bytes are overwritten at the end
   * @throws what `make` and `run` throw; the signal's reason
   */
  async use<Result>(
    { provider, contextText }: { readonly provider: KeyProvider; readonly contextText: string | undefined },
    signal: AbortSignal | undefined,
    make: (signal: AbortSignal | undefined) => Promise<WrappingKey>,
    run: (made: WrappingKey) => Promise<Result>,
  ): Promise<Result> {
    const limits = { time: this.#time, maxAgeMs: this.#maxAgeMs };
    if (this.#maxObjects <= 1) {
      const once = new SharedKey(make(signal), keyOfMade, { onDrop: () => {}, ...limits });
      return once.use(signal, run).finally(() => once.drop());
    }
    const ofProvider = membersOf(this.#keys, provider);
    const id = contextText ?? '';
    let entry = ofProvider.get(id);
    if (entry?.key.isOld) {
      entry.key.drop();
      entry = undefined;
    }
    if (entry === undefined) {
      // Others wait for it too, so the signal of one must not end it.
      const key = new SharedKey(make(undefined), keyOfMade, {
        onDrop: () => ofProvider.delete(id),
        ...limits,
      });
      entry = { key, usesLeft: this.#maxObjects };
      ofProvider.set(id, entry);
    }
    entry.usesLeft--;
    const outcome = entry.key.use(signal, run);
    if (entry.usesLeft === 0) entry.key.drop();
    return outcome;
  }
}

function keyOfMade({ key }: WrappingKey): SecretBytes {
  return key;
}
