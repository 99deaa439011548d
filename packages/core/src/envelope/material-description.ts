import type { MaterialDescription } from '../contract/key-provider.js';
import { MalformedEnvelopeError } from '../errors/errors.js';

/** Whether two descriptions name the same master key: equal pairs in any order. */
export function equalMaterialDescriptions(a: MaterialDescription, b: MaterialDescription): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}

/**
 * The JSON text of a description, or `undefined` for an empty one: compact, names sorted, everything outside
 * printable ASCII escaped, since it travels in an HTTP header. The C++ SDK writes the same text, and the Go and Java
 * SDKs do for plain letters and digits; some of them compare the text, not the pairs.
 */
export function formatMaterialDescription(description: MaterialDescription): string | undefined {
  const names = Object.keys(description);
  if (names.length === 0) return undefined;
  const pairs = names.sort().map((name) => `${JSON.stringify(name)}:${JSON.stringify(description[name])}`);
  return `{${pairs.join(',')}}`.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * A12: parses a description as any SDK writes it. Numbers and booleans become text, as the Java SDK reads them; JSON that
 * is no object (the PHP SDK writes `[]` for an empty one) is no description.
 *
 * @throws MalformedEnvelopeError for text that is not JSON, or a value that is itself an object or an array
 */
export function parseMaterialDescription(text: string): MaterialDescription {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedEnvelopeError(
      "The material description in the object's metadata is not JSON. Was the metadata edited by another tool?",
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  // fromEntries defines own properties, so that a pair named __proto__ is only a pair.
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => {
      if (typeof item === 'string') return [name, item];
      if (typeof item === 'number' || typeof item === 'boolean') return [name, String(item)];
      throw new MalformedEnvelopeError(
        "The material description in the object's metadata holds a value that is not text; descriptions are pairs of text.",
      );
    }),
  );
}
