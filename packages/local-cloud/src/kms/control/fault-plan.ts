import { assertKnown } from '../../common/known-name.js';
import { StrikeCount } from '../../common/strike-count.js';
import { actions } from '../operations/actions.js';

/** What goes wrong. */
export type KmsFaultKind =
  /** Refused for the rate of requests, before anything is done: `Rejected.Throttling` with 429, or another status or code. */
  | { readonly kind: 'throttle'; readonly status?: number; readonly code?: string }
  /** An error answer with this status and code. */
  | { readonly kind: 'status'; readonly status: number; readonly code?: string; readonly message?: string }
  /** No answer, ever; the connection stays open until the client or the server closes. */
  | { readonly kind: 'stall' }
  /** The right answer, this many milliseconds late. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** The connection is reset before an answer. */
  | { readonly kind: 'reset' }
  /** An HTML page, or the given text, where JSON should be; status 200 unless given. */
  | { readonly kind: 'garbage'; readonly status?: number; readonly body?: string }
  /** Half of the right answer, then the connection is reset. */
  | { readonly kind: 'truncate' }
  /** The right answer without these members; without `Plaintext`, `CiphertextBlob` and `KeyId` unless given. */
  | { readonly kind: 'missing-fields'; readonly fields?: readonly string[] }
  /** The right answer with a `Plaintext` of this many bytes (17 unless given) where a data key should be. */
  | { readonly kind: 'wrong-key-length'; readonly lengthBytes?: number }
  /** The right answer with these members put over it. */
  | { readonly kind: 'replace-fields'; readonly fields: Readonly<Record<string, unknown>> };

const kinds: Readonly<Record<KmsFaultKind['kind'], true>> = {
  throttle: true,
  status: true,
  stall: true,
  delay: true,
  reset: true,
  garbage: true,
  truncate: true,
  'missing-fields': true,
  'wrong-key-length': true,
  'replace-fields': true,
};

/** When a fault strikes, and how. */
export type KmsFault = KmsFaultKind & {
  /** The operation it strikes; every operation unless given. */
  readonly action?: string;
  /** How many requests it strikes; 1 unless given, `Infinity` for all. */
  readonly times?: number;
  /** How many matching requests pass unharmed first; none unless given. */
  readonly skip?: number;
};

/** The faults that are still to strike. Each request meets at most one: the earliest added that matches. */
export class FaultPlan {
  #pending: { readonly fault: KmsFault; readonly count: StrikeCount }[] = [];

  /** @throws RangeError when there is no such kind or operation, and when `times` or `skip` is not a whole number (`times` may be `Infinity`) */
  add(fault: KmsFault): void {
    assertKnown('fault of kind', fault.kind, Object.keys(kinds));
    if (fault.action !== undefined) assertKnown('operation', fault.action, actions.keys());
    this.#pending.push({ fault, count: new StrikeCount(fault.times, fault.skip) });
  }

  /** How many faults have not struck as often as they should. */
  get size(): number {
    return this.#pending.length;
  }

  /** Forgets every fault. */
  clear(): void {
    this.#pending = [];
  }

  /** The fault that strikes the next request for an operation, used up by asking. */
  take(action: string): KmsFault | undefined {
    const struck = this.#pending.find(
      ({ fault, count }) => (fault.action === undefined || fault.action === action) && count.strike(),
    );
    this.#pending = this.#pending.filter(({ count }) => count.remaining > 0);
    return struck?.fault;
  }
}
