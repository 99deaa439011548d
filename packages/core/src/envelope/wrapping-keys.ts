import { unlessAborted } from '../adapter/unless-aborted.js';
import type { KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { encodeBase64 } from '../encoding/base64.js';
import { formatMaterialDescription } from './material-description.js';
import type { SealedRecipient } from './sealed-envelope.js';

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

/** The time of a process. */
export interface Time {
  /** A clock that nobody sets, in milliseconds. */
  now(): number;
  /** Runs something after a time, without keeping a program alive for it. Returns how to call that off. */
  later(run: () => void, delayMs: number): () => void;
}

const ownTime: Time = {
  now: () => performance.now(),
  later(run, delayMs) {
    const timer: unknown = setTimeout(run, delayMs);
    // Node's timers would.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref();
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};

interface MadeKey {
  readonly making: Promise<WrappingKey>;
  usesLeft: number;
  /** Known when it is made. */
  untilMs: number;
}

/**
 * S18: the wrapping keys of a writer. Objects that are written at the same time share the making of one. A failure is
 * never kept.
 */
export class WrappingKeyPool {
  readonly #maxObjects: number;
  readonly #maxAgeMs: number;
  readonly #time: Time;
  readonly #keys = new Map<KeyProvider, MadeKey>();

  constructor({ maxObjects = 1000, maxAgeMs = 300_000 }: KeyReuse = {}, time: Time = ownTime) {
    this.#maxObjects = maxObjects;
    this.#maxAgeMs = maxAgeMs;
    this.#time = time;
  }

  /** The wrapping key of a provider for one more object; `make` is asked when there is none to use. */
  take(
    provider: KeyProvider,
    signal: AbortSignal | undefined,
    make: (signal: AbortSignal | undefined) => Promise<WrappingKey>,
  ): Promise<WrappingKey> {
    if (this.#maxObjects <= 1) return make(signal);
    let entry = this.#keys.get(provider);
    // Timers are late in a busy or a halted process: the age is looked at as well.
    if (entry === undefined || entry.usesLeft === 0 || this.#time.now() >= entry.untilMs) {
      // Others wait for it too, so the signal of one must not end it.
      const made: MadeKey = {
        making: make(undefined),
        usesLeft: this.#maxObjects,
        untilMs: Number.POSITIVE_INFINITY,
      };
      const forget = (): void => {
        if (this.#keys.get(provider) === made) this.#keys.delete(provider);
      };
      made.making.then(() => {
        made.untilMs = this.#time.now() + this.#maxAgeMs;
        this.#time.later(forget, this.#maxAgeMs);
      }, forget);
      this.#keys.set(provider, made);
      entry = made;
    }
    entry.usesLeft--;
    return unlessAborted(entry.making, signal);
  }
}

/** How many opened wrapping keys a reader keeps, and for how long, in milliseconds. */
const mostOpened = 200;
const longestOpenedMs = 300_000;

interface OpenedKey {
  readonly opening: Promise<SecretBytes>;
  /** Known when it is open. */
  untilMs: number;
  callOff?: (() => void) | undefined;
}

/**
 * S18: the wrapping keys that a reader has opened, by provider, wrap algorithm, description and the wrapped bytes. Reads
 * at the same time share one unwrapping. A failure is never kept.
 */
export class OpenedWrappingKeys {
  readonly #time: Time;
  readonly #keys = new Map<KeyProvider, Map<string, OpenedKey>>();

  constructor(time: Time = ownTime) {
    this.#time = time;
  }

  /** The opened key of a recipient; `open` is asked when it is not there. */
  get(
    provider: KeyProvider,
    { wrapAlgorithm, wrappedKey, materialDescription }: SealedRecipient,
    signal: AbortSignal | undefined,
    open: () => Promise<SecretBytes>,
  ): Promise<SecretBytes> {
    const ofProvider = this.#keys.get(provider) ?? new Map<string, OpenedKey>();
    this.#keys.set(provider, ofProvider);
    const id = JSON.stringify([
      wrapAlgorithm,
      formatMaterialDescription(materialDescription),
      encodeBase64(wrappedKey),
    ]);
    let entry = ofProvider.get(id);
    if (entry === undefined || this.#time.now() >= entry.untilMs) {
      const opened: OpenedKey = { opening: open(), untilMs: Number.POSITIVE_INFINITY };
      forget(ofProvider, id);
      ofProvider.set(id, opened);
      const isKept = (): boolean => ofProvider.get(id) === opened;
      opened.opening.then(
        () => {
          if (!isKept()) return;
          opened.untilMs = this.#time.now() + longestOpenedMs;
          opened.callOff = this.#time.later(() => forget(ofProvider, id), longestOpenedMs);
        },
        () => {
          if (isKept()) forget(ofProvider, id);
        },
      );
      // A Map keeps the order of insertion: the first is the oldest.
      for (const oldest of ofProvider.keys()) {
        if (ofProvider.size <= mostOpened) break;
        forget(ofProvider, oldest);
      }
      entry = opened;
    }
    return unlessAborted(entry.opening, signal);
  }
}

/** Drops a key, and the timer that would hold it. */
function forget(keys: Map<string, OpenedKey>, id: string): void {
  keys.get(id)?.callOff?.();
  keys.delete(id);
}
