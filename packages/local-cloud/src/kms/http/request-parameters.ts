import { ServiceError } from './service-error.js';

/** One name and value of a query string or a form, decoded. */
export type ParameterPair = readonly [name: string, value: string];

/**
 * Decodes `application/x-www-form-urlencoded` text: a query string (without its `?`) or a form body.
 *
 * @param text - the text as it was sent
 * @returns the pairs in the order sent
 * @throws ServiceError `ParseRequestParameterException` for an escape that is not UTF-8
 */
export function parseParameters(text: string): ParameterPair[] {
  return text
    .split('&')
    .filter((field) => field !== '')
    .map((field) => {
      const equals = field.indexOf('=');
      const name = equals < 0 ? field : field.slice(0, equals);
      const value = equals < 0 ? '' : field.slice(equals + 1);
      return [decodeField(name), decodeField(value)];
    });
}

/**
 * Gathers pairs into a map.
 *
 * @throws ServiceError `InvalidParameter` when a name is there twice, since a signature could then cover one
 * value and the operation use the other
 */
export function parameterMap(pairs: readonly ParameterPair[]): Map<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (map.has(name)) {
      throw new ServiceError('InvalidParameter', {
        message: `The specified parameter "${name}" is not valid: it is given twice.`,
      });
    }
    map.set(name, value);
  }
  return map;
}

function decodeField(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new ServiceError('ParseRequestParameterException');
  }
}
