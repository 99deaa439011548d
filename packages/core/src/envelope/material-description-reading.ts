import type { MaterialDescription } from '../contract/key-provider.js';
import { MalformedEnvelopeError } from '../errors/errors.js';

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
