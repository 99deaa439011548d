import { assertOptions, oneOf } from '../adapter/option-checks.js';
import { isPlainObject } from '../encoding/plain-object.js';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';

/** The value of an option as it is used; what can be changed later is copied. Throws an error that names `argument`. */
export type Check<T> = (argument: string, value: unknown) => T;

/** The checks of all options that a call knows. */
export type OptionChecks<T> = { readonly [Name in keyof T]-?: Check<T[Name]> };

/**
 * A copy of a call's options, each of them checked.
 *
 * @throws InvalidArgumentError or, for a number or a length out of bounds, OutOfRangeError; both name the member
 */
export function parseArgument<T>(argument: string, value: unknown, checks: OptionChecks<T>): T {
  if (needNothing.has(checks) && isEmpty(value)) return {} as T;
  const names = Object.keys(checks) as (keyof T & string)[];
  assertOptions(argument, value, names);
  const checked: Partial<T> = {};
  for (const name of names) {
    const option = checks[name](`${argument}.${name}`, Reflect.get(value, name));
    if (option !== undefined) checked[name] = option;
  }
  if (isEmpty(value) && isEmpty(checked)) needNothing.add(checks);
  return checked as T;
}

/** The checks of calls that were made without options, and may be made so again: most calls are. */
const needNothing = new WeakSet<object>();

function isEmpty(value: unknown): boolean {
  return isPlainObject(value) && Object.keys(value).length === 0;
}

/** What passes a check, or nothing. */
export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (argument: string, value: unknown): T | undefined =>
    value === undefined ? undefined : check(argument, value);

/** Whatever passes a test. */
export const passing =
  <T>(isRight: (value: unknown) => boolean, expectation: string): Check<T> =>
  (argument, value) => {
    if (!isRight(value)) throw new InvalidArgumentError(argument, expectation);
    return value as T;
  };

const isFunction = (value: unknown): boolean => typeof value === 'function';
/** Whether a value is an object with these methods. */
export const hasMethods =
  (...names: string[]) =>
  (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => isFunction(Reflect.get(value, name)));
/** Whether a value is of one of the runtime's classes, of this realm or another (an iframe, Jest's jsdom). */
export const isA =
  (tag: string): ((value: unknown) => boolean) =>
  (value) =>
    Object.prototype.toString.call(value) === `[object ${tag}]`;

/** One of some texts. */
export const among =
  <Choice extends string>(...choices: Choice[]): Check<Choice> =>
  (argument, value) =>
    oneOf(argument, value, choices);

/** A whole number within bounds. */
export const integer =
  (least: number, most: number, expectation: string): Check<number> =>
  (argument: string, value: unknown): number => {
    if (!Number.isInteger(value)) throw new InvalidArgumentError(argument, 'must be a whole number');
    if ((value as number) < least || (value as number) > most) {
      throw new OutOfRangeError(argument, expectation);
    }
    return value as number;
  };

/** An array of so many members, each checked. */
export const listOf =
  <T>(check: Check<T>, least: number, most: number, expectation: string): Check<T[]> =>
  (argument, value) => {
    if (!Array.isArray(value)) throw new InvalidArgumentError(argument, 'must be an array');
    if (value.length < least || value.length > most) throw new OutOfRangeError(argument, expectation);
    return Array.from(value, (item, index) => check(`${argument}.${index}`, item));
  };

/** An object of names and values, each value checked. */
export const pairsOf =
  (check: (argument: string, value: unknown, name: string) => string): Check<Record<string, string>> =>
  (argument, value) => {
    if (!isPlainObject(value)) {
      throw new InvalidArgumentError(argument, 'must be an object of names and values');
    }
    // fromEntries defines own properties, so that a pair named __proto__ is only a pair.
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, check(`${argument}.${name}`, item, name)]),
    );
  };

/** Any text. */
export const text: Check<string> = passing((value) => typeof value === 'string', 'must be a string');
/** What may be the value of a header. */
export const headerText: Check<string> = (argument, value) => {
  if (/^[\x20-\x7e]*$/.test(text(argument, value))) return value as string;
  throw new InvalidArgumentError(argument, 'must be printable ASCII');
};
/** Yes or no. */
export const flag: Check<boolean> = passing((value) => typeof value === 'boolean', 'must be true or false');
/** A function. */
export const func = <T>(): Check<T> => passing(isFunction, 'must be a function');
/** A number of bytes, whatever its bounds. */
export const number: Check<number> = passing(
  (value) => typeof value === 'number' && !Number.isNaN(value),
  'must be a number of bytes',
);
/** 0, 1, 2 and so on. */
export const wholeNumber: Check<number> = integer(
  0,
  Number.MAX_SAFE_INTEGER,
  'must be 0 or more, and below 2^53',
);
/** 1, 2, 3 and so on. */
export const positiveNumber: Check<number> = integer(
  1,
  Number.MAX_SAFE_INTEGER,
  'must be 1 or more, and below 2^53',
);
/** What a timer takes. */
export const milliseconds: Check<number> = integer(1, 2 ** 31 - 1, 'must be 1 or more, and below 2^31');
/** How many things may be under way at once. */
export const concurrency: Check<number> = integer(1, 1000, 'must be from 1 to 1000');
/** What ends a call. */
export const abortSignal: Check<AbortSignal> = passing(isA('AbortSignal'), 'must be an AbortSignal');
/** A Date that is valid. */
export const date: Check<Date> = passing(
  (value) => isA('Date')(value) && !Number.isNaN(Number(value)),
  'must be a valid Date',
);
