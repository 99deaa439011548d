import { encodeBase64 } from '../encoding/base64.js';
import { isBytes } from '../encoding/bytes.js';

type Inspect = (value: unknown, options: object) => string;

/** What all printable envelopes inherit: a property of each one's own costs more than reading its headers. */
const printing = Object.defineProperties(
  {},
  {
    toJSON: {
      value(this: object): unknown {
        return readable(this);
      },
    },
    [Symbol.for('nodejs.util.inspect.custom')]: {
      value(this: object, _: number, options: object, inspect: Inspect): string {
        return inspect(readable(this), options);
      },
    },
  },
);

/** A copy of an envelope that prints its bytes as base64, as its headers have them: in JSON and in Node's inspection. */
export function printableEnvelope<T extends object>(envelope: T): T {
  return Object.assign(Object.create(printing), envelope);
}

function readable(value: unknown): unknown {
  if (isBytes(value)) return encodeBase64(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, readable(member)]));
}
