import { unlessAborted } from '../adapter/unless-aborted.js';
import type { SecretBytes } from '../contract/secret-bytes.js';

/** The time of a process. */
export interface Time {
  /** A clock that nobody sets, in milliseconds. */
  now(): number;
  /** Runs something after a time, without keeping a program alive for it. Returns how to call that off. */
  later(run: () => void, delayMs: number): () => void;
}

/** That of this process. */
export const ownTime: Time = {
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
  /** Is called once, when nothing has taken the place of the key yet. */
  readonly onDrop: () => void;
}

/**
 * A key that several uses share. Its bytes are overwritten when it was dropped and the last use has ended. It drops
 * itself when it cannot be had, and when it is too old.
 */
export class SharedKey<Made> {
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

/** The members of one owner, who has none yet perhaps. */
export function membersOf<Owner, Member>(
  all: Map<Owner, Map<string, Member>>,
  owner: Owner,
): Map<string, Member> {
  const members = all.get(owner) ?? new Map<string, Member>();
  all.set(owner, members);
  return members;
}
