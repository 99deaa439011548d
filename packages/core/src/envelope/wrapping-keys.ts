import { unlessAborted } from '../adapter/unless-aborted.js';
import type { EncryptionContext, KeyProvider } from '../contract/key-provider.js';
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

/** How a key that is shared comes to its end. */
interface SharingEnd {
  readonly time: Time;
  readonly maxAgeMs: number;
  readonly onDrop: () => void;
}

/**
 * A key that several uses share. Its bytes are overwritten when it was dropped and the last use has ended. It drops
 * itself when it cannot be had, and when it is too old.
 */
class SharedKey<Made> {
  readonly #making: Promise<Made>;
  readonly #keyOf: (made: Made) => SecretBytes;
  readonly #end: SharingEnd;
  #users = 0;
  /** Known when it is made. */
  #untilMs = Number.POSITIVE_INFINITY;
  #isDropped = false;
  #callOff: (() => void) | undefined;

  constructor(making: Promise<Made>, keyOf: (made: Made) => SecretBytes, end: SharingEnd) {
    this.#making = making;
    this.#keyOf = keyOf;
    this.#end = end;
    making.then(
      () => this.#startAging(),
      () => this.drop(),
    );
  }

  /** Timers are late in a busy or a halted process: the age is looked at as well. */
  get isOld(): boolean {
    return this.#end.time.now() >= this.#untilMs;
  }

  /** The outcome of `run`, which must not keep the key. */
  async use<Result>(signal: AbortSignal | undefined, run: (made: Made) => Promise<Result>): Promise<Result> {
    this.#users++;
    try {
      return await run(await unlessAborted(this.#making, signal));
    } finally {
      this.#users--;
      this.#wipeUnused();
    }
  }

  /** Ends the sharing. Uses that have begun go on. */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#callOff?.();
    this.#end.onDrop();
    this.#wipeUnused();
  }

  #startAging(): void {
    if (this.#isDropped) return;
    const { time, maxAgeMs } = this.#end;
    this.#untilMs = time.now() + maxAgeMs;
    this.#callOff = time.later(() => this.drop(), maxAgeMs);
  }

  #wipeUnused(): void {
    if (!this.#isDropped || this.#users > 0) return;
    this.#making.then(
      (made) => this.#keyOf(made).bytes.fill(0),
      () => {},
    );
  }
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
      const once = new SharedKey(make(signal), keyOfMade, { ...limits, onDrop: () => {} });
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
      const key: SharedKey<WrappingKey> = new SharedKey(make(undefined), keyOfMade, {
        ...limits,
        onDrop: () => removeMember(this.#keys, provider, id, (member) => member.key === key),
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

/** How many opened wrapping keys a reader keeps of each provider, and for how long, in milliseconds. */
const mostOpened = 200;
const longestOpenedMs = 300_000;

/** Whose wrapping key is opened, and under which context of the object. */
export interface OpenedKeyName {
  readonly provider: KeyProvider;
  readonly recipient: SealedRecipient;
  readonly context: EncryptionContext;
}

/**
 * S18: the wrapping keys that a reader has opened, by provider, wrap algorithm, description, context and the wrapped
 * bytes. Reads at the same time share one unwrapping. A failure is never kept.
 */
export class OpenedWrappingKeys {
  readonly #time: Time;
  readonly #keys = new Map<KeyProvider, Map<string, SharedKey<SecretBytes>>>();

  constructor(time: Time = ownTime) {
    this.#time = time;
  }

  /**
   * Does something with the opened key of a recipient, and gives its outcome.
   *
   * @param open - opens it, when it is not there
   * @param run - must not keep the key, whose bytes are overwritten at the end
   * @throws what `open` and `run` throw; the signal's reason
   */
  async use<Result>(
    { provider, recipient, context }: OpenedKeyName,
    signal: AbortSignal | undefined,
    open: () => Promise<SecretBytes>,
    run: (key: SecretBytes) => Promise<Result>,
  ): Promise<Result> {
    const ofProvider = membersOf(this.#keys, provider);
    // None of them has a line end.
    const id = [
      recipient.wrapAlgorithm,
      formatMaterialDescription(recipient.materialDescription),
      formatMaterialDescription(context),
      encodeBase64(recipient.wrappedKey),
    ].join('\n');
    let opened = ofProvider.get(id);
    if (opened?.isOld) {
      opened.drop();
      opened = undefined;
    }
    if (opened === undefined) {
      const key: SharedKey<SecretBytes> = new SharedKey(open(), (made) => made, {
        time: this.#time,
        maxAgeMs: longestOpenedMs,
        onDrop: () => removeMember(this.#keys, provider, id, (member) => member === key),
      });
      opened = key;
      ofProvider.set(id, key);
      // A Map keeps the order of insertion: the first is the oldest.
      for (const oldest of ofProvider.values()) {
        if (ofProvider.size <= mostOpened) break;
        oldest.drop();
      }
    }
    return opened.use(signal, run);
  }
}

function keyOfMade({ key }: WrappingKey): SecretBytes {
  return key;
}

function membersOf<Owner, Member>(all: Map<Owner, Map<string, Member>>, owner: Owner): Map<string, Member> {
  const members = all.get(owner) ?? new Map<string, Member>();
  all.set(owner, members);
  return members;
}

function removeMember<Owner, Member>(
  all: Map<Owner, Map<string, Member>>,
  owner: Owner,
  id: string,
  isIt: (member: Member) => boolean,
): void {
  const members = all.get(owner);
  const member = members?.get(id);
  if (member !== undefined && isIt(member)) members?.delete(id);
}
