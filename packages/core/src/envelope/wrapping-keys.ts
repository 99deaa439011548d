import { unlessAborted } from '../adapter/unless-aborted.js';
import type { KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { encodeBase64 } from '../encoding/base64.js';
import { formatMaterialDescription } from './material-description.js';
import type { SealedRecipient } from './sealed-envelope.js';

/** S18: how long a wrapping key is written with. */
export interface KeyReuse {
  /** For how many objects at most; 1: never for a second one. Default 1000. */
  readonly maxObjects?: number | undefined;
  /** For how long at most, in milliseconds. Default 300,000 (five minutes). */
  readonly maxAgeMs?: number | undefined;
}

/** A wrapping key, and what the envelope holds of it. */
export interface WrappingKey {
  readonly key: SecretBytes;
  readonly wrappedKey: Uint8Array;
}

/** Forgets something after a time, without keeping a program alive for it. */
function forgetLater(forget: () => void, delayMs: number): void {
  const timer = setTimeout(forget, delayMs) as unknown;
  // Node's timers would.
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref();
}

/**
 * S18: the wrapping keys of a writer. Objects that are written at the same time share the making of one. A failure is
 * never kept.
 */
export class WrappingKeyPool {
  readonly #maxObjects: number;
  readonly #maxAgeMs: number;
  readonly #keys = new Map<KeyProvider, { readonly making: Promise<WrappingKey>; usesLeft: number }>();

  constructor({ maxObjects = 1000, maxAgeMs = 300_000 }: KeyReuse = {}) {
    this.#maxObjects = maxObjects;
    this.#maxAgeMs = maxAgeMs;
  }

  /** The wrapping key of a provider for one more object; `make` is asked when there is none to use. */
  take(
    provider: KeyProvider,
    signal: AbortSignal | undefined,
    make: (signal: AbortSignal | undefined) => Promise<WrappingKey>,
  ): Promise<WrappingKey> {
    if (this.#maxObjects <= 1) return make(signal);
    let entry = this.#keys.get(provider);
    if (entry === undefined || entry.usesLeft === 0) {
      // Others wait for it too, so the signal of one must not end it.
      const made = { making: make(undefined), usesLeft: this.#maxObjects };
      const forget = (): void => {
        if (this.#keys.get(provider) === made) this.#keys.delete(provider);
      };
      made.making.then(() => forgetLater(forget, this.#maxAgeMs), forget);
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

/**
 * S18: the wrapping keys that a reader has opened, by provider, wrap algorithm, description and the wrapped bytes. Reads
 * at the same time share one unwrapping. A failure is never kept.
 */
export class OpenedWrappingKeys {
  readonly #keys = new Map<KeyProvider, Map<string, Promise<SecretBytes>>>();

  /** The opened key of a recipient; `open` is asked when it is not there. */
  get(
    provider: KeyProvider,
    { wrapAlgorithm, wrappedKey, materialDescription }: SealedRecipient,
    signal: AbortSignal | undefined,
    open: () => Promise<SecretBytes>,
  ): Promise<SecretBytes> {
    const ofProvider = this.#keys.get(provider) ?? new Map<string, Promise<SecretBytes>>();
    this.#keys.set(provider, ofProvider);
    const id = JSON.stringify([
      wrapAlgorithm,
      formatMaterialDescription(materialDescription),
      encodeBase64(wrappedKey),
    ]);
    let opening = ofProvider.get(id);
    if (opening === undefined) {
      const opened = open();
      const forget = (): void => {
        if (ofProvider.get(id) === opened) ofProvider.delete(id);
      };
      opened.then(() => forgetLater(forget, longestOpenedMs), forget);
      ofProvider.set(id, opened);
      // A Map keeps the order of insertion: the first is the oldest.
      for (const oldest of ofProvider.keys()) {
        if (ofProvider.size <= mostOpened) break;
        ofProvider.delete(oldest);
      }
      opening = opened;
    }
    return unlessAborted(opening, signal);
  }
}
