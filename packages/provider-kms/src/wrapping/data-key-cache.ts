import { SecretBytes, type UnwrappedKey } from '@oss-envelope/core';
import { onAbort } from '@oss-envelope/core/adapter';

/** The bounds of a cache of unwrapped data keys. */
export interface DataKeyCacheLimits {
  /** How many data keys are kept; the one that was used longest ago makes room. */
  readonly maxEntries: number;
  /** How long a data key is kept, in milliseconds. */
  readonly maxAgeMs: number;
  /** How often a data key is given out before it is unwrapped anew. */
  readonly maxUses: number;
}

interface Entry {
  readonly unwrapped: UnwrappedKey;
  readonly expiresMs: number;
  usesLeft: number;
}

/** One unwrapping that is under way. */
interface Pending {
  readonly controller: AbortController;
  readonly result: Promise<UnwrappedKey>;
  /** How many callers ever waited for it: each is one use. */
  joined: number;
  waiting: number;
}

/**
 * Unwrapped data keys, for reading only: a writer needs a fresh one each time. Requests for one key at the same time
 * share one unwrapping, which is stopped when all of them gave up. Failures are not kept. What is no longer kept is
 * overwritten.
 */
export class DataKeyCache {
  readonly #limits: DataKeyCacheLimits;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Map<string, Pending>();

  /** `now` gives milliseconds. */
  constructor(limits: DataKeyCacheLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * The data key under `id`, by `unwrap` when it is not there. Each caller gets bytes of its own.
   *
   * @throws what `unwrap` throws; the signal's reason when it is aborted
   */
  async get(
    id: string,
    signal: AbortSignal | undefined,
    unwrap: (signal: AbortSignal) => Promise<UnwrappedKey>,
  ): Promise<UnwrappedKey> {
    signal?.throwIfAborted();
    this.#dropExpired();
    const entry = this.#entries.get(id);
    if (entry === undefined) return this.#join(id, signal, unwrap);
    const copy = copyOf(entry.unwrapped);
    entry.usesLeft -= 1;
    if (entry.usesLeft === 0) {
      this.#drop(id, entry);
      return copy;
    }
    // A Map keeps the order of insertion, so the one used longest ago is the first.
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    return copy;
  }

  async #join(
    id: string,
    signal: AbortSignal | undefined,
    unwrap: (signal: AbortSignal) => Promise<UnwrappedKey>,
  ): Promise<UnwrappedKey> {
    const known = this.#pending.get(id);
    const pending =
      known === undefined || known.joined >= this.#limits.maxUses ? this.#begin(id, unwrap) : known;
    pending.joined += 1;
    pending.waiting += 1;
    let abort = (): void => {};
    const aborted = new Promise<never>((_resolve, reject) => {
      abort = () => reject(signal?.reason);
    });
    const endAbort = signal && onAbort(signal, abort);
    try {
      return copyOf(await Promise.race([pending.result, aborted]));
    } finally {
      endAbort?.();
      pending.waiting -= 1;
      if (pending.waiting === 0) {
        this.#forget(id, pending);
        pending.controller.abort();
        pending.result.then(wipe, () => {});
      }
    }
  }

  #begin(id: string, unwrap: (signal: AbortSignal) => Promise<UnwrappedKey>): Pending {
    const controller = new AbortController();
    const pending: Pending = { controller, result: unwrap(controller.signal), joined: 0, waiting: 0 };
    this.#pending.set(id, pending);
    pending.result.then(
      (unwrapped) => {
        this.#forget(id, pending);
        this.#keep(id, unwrapped, this.#limits.maxUses - pending.joined);
      },
      () => this.#forget(id, pending),
    );
    return pending;
  }

  #forget(id: string, pending: Pending): void {
    if (this.#pending.get(id) === pending) this.#pending.delete(id);
  }

  #keep(id: string, unwrapped: UnwrappedKey, usesLeft: number): void {
    if (usesLeft <= 0) return;
    const former = this.#entries.get(id);
    if (former !== undefined) this.#drop(id, former);
    // Those who waited for it still copy the original.
    const kept = copyOf(unwrapped);
    this.#entries.set(id, { unwrapped: kept, expiresMs: this.#now() + this.#limits.maxAgeMs, usesLeft });
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#limits.maxEntries) break;
      this.#drop(oldest, entry);
    }
  }

  #drop(id: string, { unwrapped }: Entry): void {
    this.#entries.delete(id);
    wipe(unwrapped);
  }

  #dropExpired(): void {
    const nowMs = this.#now();
    for (const [id, entry] of this.#entries) if (entry.expiresMs <= nowMs) this.#drop(id, entry);
  }
}

/** The start value is no secret. */
function wipe({ key }: UnwrappedKey): void {
  key.bytes.fill(0);
}

function copyOf({ key, start }: UnwrappedKey): UnwrappedKey {
  return { key: new SecretBytes(Uint8Array.from(key.bytes)), start: start && Uint8Array.from(start) };
}
