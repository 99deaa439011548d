import { InvalidArgumentError } from '@oss-envelope/core';

/** A line of a key file, and where it stands: the name of the argument, and the words for its place in it. */
export interface KeyLine {
  readonly text: string;
  readonly argument: string;
  readonly place: string;
}

/** More lines than anyone has keys mean that something else was given. */
const mostLines = 1000;
const mostCharacters = 256 * 1024;

/**
 * The keys in a text: one in each line, as age-keygen writes them. Empty lines and comments (`#`) are passed over, and so
 * is white space around a key.
 *
 * @throws InvalidArgumentError that names the argument, when there is no key, or far too much text
 */
export function keyLinesOf(argument: string, text: string, what: string): readonly KeyLine[] {
  if (text.length > mostCharacters) throw new InvalidArgumentError(argument, `is too long for ${what}`);
  const all = text.split('\n').map((line) => line.trim());
  const lines = all.flatMap((line, index) =>
    line === '' || line.startsWith('#')
      ? []
      : [{ text: line, argument, place: all.length > 1 ? `has in line ${index + 1} what ` : '' }],
  );
  if (lines.length === 0) {
    throw new InvalidArgumentError(
      argument,
      `holds no key. If it comes from a file or the environment, look there`,
    );
  }
  if (lines.length > mostLines) throw new InvalidArgumentError(argument, `is too long for ${what}`);
  return lines;
}

/** A list, or the one thing that stands for it, with the name of each. */
export function named<T>(argument: string, value: T | readonly T[]): readonly (readonly [string, T])[] {
  if (!Array.isArray(value)) return [[argument, value as T]];
  if (value.length === 0) throw new InvalidArgumentError(argument, 'must not be an empty list');
  return (value as readonly T[]).map((item, index) => [`${argument}[${index}]`, item]);
}

/** What was refused, without the key itself. */
export function keyLineError({ argument, place }: KeyLine, expectation: string): InvalidArgumentError {
  return new InvalidArgumentError(argument, place + expectation);
}

/** What begins like keys of other kinds, and what to do about it. */
export const otherKeys: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:ssh-|ecdsa-|sk-|-----BEGIN OPENSSH)/,
    'is an SSH key: make an age key, with generateAgeIdentity or age-keygen',
  ],
  [
    /^(?:-----BEGIN AGE ENCRYPTED FILE|age-encryption\.org)/,
    'is encrypted: decrypt it first, with `age -d` for example',
  ],
];
