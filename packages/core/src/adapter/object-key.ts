import { InvalidArgumentError } from '../errors/errors.js';
import { maxKeyBytes } from './oss-limits.js';

/**
 * Checks that `key` can name an object, and reaches the server as it is written. By the naming rules of OSS it has 1
 * to 1,023 bytes of well-formed UTF-8, and no `/` or `\` at the start. It may have no `.` or `..` between slashes:
 * HTTP clients resolve those before they send (RFC 3986 §5.2.4).
 *
 * @throws InvalidArgumentError that names what to change
 */
export function assertObjectKey(key: unknown, argument = 'key'): asserts key is string {
  assertObjectName(key, argument);
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(key)) {
    throw new InvalidArgumentError(
      argument,
      'must not have a "." or ".." between slashes: HTTP clients resolve them, so another object would be meant',
    );
  }
}

/**
 * Checks that `key` can name an object, by the naming rules of OSS. It need not be one that a URL can hold.
 *
 * @throws InvalidArgumentError that names what to change
 */
export function assertObjectName(key: unknown, argument: string): asserts key is string {
  if (typeof key !== 'string' || key.length === 0) {
    throw new InvalidArgumentError(argument, 'must be a non-empty string, the name of the object');
  }
  if (/^[/\\]/.test(key))
    throw new InvalidArgumentError(argument, 'must not begin with a slash or a backslash');
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(key)) {
    throw new InvalidArgumentError(argument, 'must be well-formed text: it holds half a surrogate pair');
  }
  // A unit of UTF-16 takes three bytes at most.
  if (key.length * 3 > maxKeyBytes && new TextEncoder().encode(key).length > maxKeyBytes) {
    throw new InvalidArgumentError(argument, `must be at most ${maxKeyBytes} bytes long in UTF-8`);
  }
}
