import { encodeBase64 } from '../encoding/base64.js';
import { isBytes } from '../encoding/bytes.js';

type Inspect = (value: unknown, options: object) => string;

/** A copy of an envelope that prints its bytes as base64, as its headers have them: in JSON and in Node's inspection. */
export function printableEnvelope<T extends object>(envelope: T): T {
  const copy = { ...envelope };
  return Object.defineProperties(copy, {
    toJSON: { value: () => readable(copy) },
    [Symbol.for('nodejs.util.inspect.custom')]: {
      value: (_: number, options: object, inspect: Inspect) => inspect(readable(copy), options),
    },
  });
}

function readable(value: unknown): unknown {
  if (isBytes(value)) return encodeBase64(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, readable(member)]));
}
