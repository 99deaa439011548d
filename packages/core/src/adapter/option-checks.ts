import { advice } from '#advice';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import { isPromise } from '../stream/is-promise.js';

/** The two errors that every adapter throws for a wrong option: one for its kind or content, one for its size. */
const invalid = (argument: string, expectation: string): InvalidArgumentError =>
  new InvalidArgumentError(argument, expectation);

/**
 * Checks that options are an object with known names only. Names whose value is undefined count too: a name that is
 * spelled wrong is a mistake, whatever its value.
 *
 * @param argument - what the caller calls the object, such as `options`
 * @throws InvalidArgumentError that names the unknown option, and what it is called here: the option that others call so,
 *   the one that is spelled almost so or, for want of one, all that are known
 */
export function assertOptions(
  argument: string,
  value: unknown,
  known: readonly string[],
): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(argument, 'must be an object');
  }
  if (isPromise(value)) throw invalid(argument, 'must be an object, not a promise: await it');
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const here = advice.ofOption(name, known);
    if (here !== undefined) throw invalid(`${argument}.${name}`, `is not an option: use ${here}`);
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? `; there are ${known.join(', ')}` : ` (did you mean ${nearest}?)`;
    throw invalid(`${argument}.${name}`, `is not an option; check its spelling${hint}`);
  }
}

/**
 * A whole number within bounds; undefined takes `fallback`.
 *
 * @throws InvalidArgumentError for another kind of value, OutOfRangeError for a number out of bounds
 */
export function wholeNumber(
  argument: string,
  value: unknown,
  { least, most = Number.MAX_SAFE_INTEGER }: { readonly least: number; readonly most?: number },
  fallback?: number,
): number {
  const number = value === undefined ? fallback : value;
  if (typeof number !== 'number') throw invalid(argument, 'must be a number');
  if (Number.isSafeInteger(number) && number >= least && number <= most) return number;
  throw new OutOfRangeError(
    argument,
    most === Number.MAX_SAFE_INTEGER
      ? `must be a whole number of at least ${least}`
      : `must be a whole number from ${least} to ${most}`,
  );
}

/**
 * One of some texts; undefined takes `fallback`.
 *
 * @throws InvalidArgumentError
 */
export function oneOf<Choice extends string>(
  argument: string,
  value: unknown,
  choices: readonly Choice[],
  fallback?: Choice,
): Choice {
  const chosen = value === undefined ? fallback : value;
  if (choices.includes(chosen as Choice)) return chosen as Choice;
  const quoted = choices.map((choice) => `'${choice}'`);
  throw invalid(
    argument,
    `must be ${quoted.slice(0, -1).join(', ')}${quoted.length > 1 ? ' or ' : ''}${quoted.at(-1)}`,
  );
}

/**
 * A text that is not empty.
 *
 * @throws InvalidArgumentError
 */
export function text(
  argument: string,
  value: unknown,
  expectation = 'must be a text that is not empty',
): string {
  if (typeof value !== 'string' || value === '') throw invalid(argument, expectation);
  return value;
}

/**
 * True or false; undefined takes `fallback`.
 *
 * @throws InvalidArgumentError
 */
export function trueOrFalse(argument: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw invalid(argument, 'must be true or false');
  return value;
}

/**
 * A function; undefined takes `fallback`.
 *
 * @throws InvalidArgumentError
 */
export function functionOption<F extends (...parameters: never[]) => unknown>(
  argument: string,
  value: F | undefined,
  fallback: F,
): F {
  if (value === undefined) return fallback;
  if (typeof value !== 'function') throw invalid(argument, 'must be a function');
  return value;
}

/**
 * A copy of an object whose values are all texts, frozen; undefined is an empty one.
 *
 * @throws InvalidArgumentError
 */
export function textRecord(argument: string, value: unknown = {}): Readonly<Record<string, string>> {
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    !Object.values(value).every((member) => typeof member === 'string')
  ) {
    throw invalid(argument, 'must be an object whose values are strings');
  }
  return Object.freeze({ ...value } as Record<string, string>);
}

/**
 * The known name that differs from `name` by case, by a unit behind it, or by few enough letters for its length;
 * undefined for none.
 */
function nearestName(name: string, known: readonly string[]): string | undefined {
  // A long name from elsewhere is not worth comparing.
  if (name.length > 64) return undefined;
  const lower = name.toLowerCase();
  let nearest: string | undefined;
  let least = 1 + Math.floor(name.length / 4);
  for (const candidate of known) {
    const other = candidate.toLowerCase();
    // `expires` for `expiresSeconds`: platforms leave the unit out.
    const hasUnit = other.startsWith(lower) && /^(?:ms|seconds|bytes)$/.test(other.slice(lower.length));
    const distance = hasUnit ? 0 : editDistance(lower, other);
    if (distance <= least && (nearest === undefined || distance < least)) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/** How many letters to insert, remove or replace to get from one text to the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
