import { assertKnown } from '../../common/known-name.js';
import { StrikeCount } from '../../common/strike-count.js';
import { operationNames } from '../operations/routing.js';

/** Which requests a fault hits: all given conditions must hold. */
export interface FaultMatch {
  /** HTTP method. */
  method?: string;
  /** Object key: equal to the text, or matching the expression. */
  key?: string | RegExp;
  /** Name of a query parameter that must be present, such as `uploadId`. */
  query?: string;
  /** Operation by its OSS name, such as `UploadPart` or `GetObject`. */
  operation?: string;
}

/** What faults see of a request. */
export interface FaultSubject {
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly operation: string;
}

/**
 * What goes wrong. Byte counts are of the body: of the request's or the response's.
 *
 * - `reset-request`: the connection is reset when that much of the request body (or all of it) was read. The
 *   operation does not happen.
 * - `stall-request`: likewise, but the server just stops reading and answering.
 * - `lost-response`: the operation happens, the connection is reset before any byte of the answer.
 * - `reset-response`: the connection is reset after that much of the answer's body.
 * - `stall-response`: the answer stops after that much of its body and the connection stays open. One whose body is not
 *   longer is whole.
 * - `truncate`: the connection is closed in order after that much of the body. With `shorten`, Content-Length says
 *   that this is all, so HTTP notices nothing.
 * - `corrupt-response`: one bit of the answer's body is flipped at that offset. The stored object is unharmed.
 * - `wrong-crc`, `no-crc`: the answer's `x-oss-hash-crc64ecma` is another one, or missing.
 * - `status`: an error answer with this status instead of the operation. With `afterOperation` the operation happened
 *   all the same.
 * - `ignore-range`: GetObject answers 200 with the whole object.
 * - `redirect`: a 307 to the same path at another origin.
 * - `skew`: the server's clock is off by that much for the request, Date header included.
 * - `delay`: the server waits before it does anything.
 */
export type FaultEffect =
  | { kind: 'reset-request'; afterBytes?: number }
  | { kind: 'stall-request'; afterBytes?: number }
  | { kind: 'lost-response' }
  | { kind: 'reset-response'; afterBytes?: number }
  | { kind: 'stall-response'; afterBytes?: number }
  | { kind: 'truncate'; afterBytes?: number; shorten?: boolean }
  | { kind: 'corrupt-response'; atByte?: number }
  | { kind: 'wrong-crc' }
  | { kind: 'no-crc' }
  | {
      kind: 'status';
      status: number;
      code?: string;
      message?: string;
      headers?: Readonly<Record<string, string>>;
      afterOperation?: boolean;
    }
  | { kind: 'ignore-range' }
  | { kind: 'redirect'; origin: string; status?: number }
  | { kind: 'skew'; offsetMs: number }
  | { kind: 'delay'; delayMs: number };

/** The names of faults. */
export type FaultKind = FaultEffect['kind'];

const kinds: Readonly<Record<FaultKind, true>> = {
  'reset-request': true,
  'stall-request': true,
  'lost-response': true,
  'reset-response': true,
  'stall-response': true,
  truncate: true,
  'corrupt-response': true,
  'wrong-crc': true,
  'no-crc': true,
  status: true,
  'ignore-range': true,
  redirect: true,
  skew: true,
  delay: true,
};

/** A fault to be added: the effect, whom it hits and how often. */
export type FaultRule = FaultEffect & {
  /** Default: every request. A function decides for itself; it is asked once per request. */
  match?: FaultMatch | ((subject: FaultSubject) => boolean);
  /** How many matching requests pass unharmed first. Default 0. */
  skip?: number;
  /** How many requests it hits before it is used up. Default 1; `Infinity` for all. */
  times?: number;
};

/** A fault that was added. */
export class Fault {
  readonly rule: FaultRule;
  readonly #count: StrikeCount;
  readonly #remove: (fault: Fault) => void;

  /** Not for callers: see {@link FaultPlan.add}. */
  constructor(rule: FaultRule, remove: (fault: Fault) => void) {
    this.rule = rule;
    this.#count = new StrikeCount(rule.times, rule.skip);
    this.#remove = remove;
  }

  /** Requests it has hit. */
  get hits(): number {
    return this.#count.hits;
  }

  /** Requests it may still hit. */
  get remaining(): number {
    return this.#count.remaining;
  }

  /** Takes the fault away. */
  remove(): void {
    this.#remove(this);
  }

  /** Whether the fault hits this request; counts it. */
  strike(subject: FaultSubject): boolean {
    return this.remaining > 0 && matches(this.rule.match, subject) && this.#count.strike();
  }
}

function matches(match: FaultRule['match'], subject: FaultSubject): boolean {
  if (match === undefined) return true;
  if (typeof match === 'function') return match(subject);
  if (match.method !== undefined && match.method.toUpperCase() !== subject.method) return false;
  if (match.operation !== undefined && match.operation !== subject.operation) return false;
  if (match.query !== undefined && !subject.query.has(match.query)) return false;
  if (typeof match.key === 'string' && match.key !== subject.key) return false;
  if (match.key instanceof RegExp && !(subject.key !== undefined && match.key.test(subject.key)))
    return false;
  return true;
}

/** The faults that hit one request. */
export class StruckFaults {
  readonly kinds: readonly FaultKind[];
  readonly #effects: readonly FaultEffect[];

  constructor(effects: readonly FaultEffect[]) {
    this.#effects = effects;
    this.kinds = effects.map((effect) => effect.kind);
  }

  /** The effect of this kind, or `undefined`. */
  find<K extends FaultKind>(kind: K): Extract<FaultEffect, { kind: K }> | undefined {
    return this.#effects.find((effect): effect is Extract<FaultEffect, { kind: K }> => effect.kind === kind);
  }
}

/** The faults of a running server. All that match a request hit it together. */
export class FaultPlan {
  /** What hits a request that no fault hits. */
  readonly none: StruckFaults = new StruckFaults([]);
  #faults: Fault[] = [];

  /**
   * Adds a fault.
   *
   * @throws {RangeError} When there is no such kind or operation, or `times` or `skip` is not a whole number of requests.
   */
  add(rule: FaultRule): Fault {
    assertKnown('fault of kind', rule.kind, Object.keys(kinds));
    if (typeof rule.match === 'object' && rule.match.operation !== undefined)
      assertKnown('operation', rule.match.operation, operationNames);
    const fault = new Fault({ ...rule }, (gone) => {
      this.#faults = this.#faults.filter((other) => other !== gone);
    });
    this.#faults.push(fault);
    return fault;
  }

  /** Takes all faults away. */
  clear(): void {
    this.#faults = [];
  }

  /** Faults that were added and not removed, used up or not. */
  list(): readonly Fault[] {
    return [...this.#faults];
  }

  /** Finds and counts the faults that hit a request. */
  strike(subject: FaultSubject): StruckFaults {
    if (this.#faults.length === 0) return this.none;
    return new StruckFaults(this.#faults.filter((fault) => fault.strike(subject)).map((fault) => fault.rule));
  }
}
