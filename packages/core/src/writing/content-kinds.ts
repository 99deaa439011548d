import { isBytes } from '../encoding/bytes.js';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';

// What content is. It knows values of other realms too: an iframe, a vm context, Jest's jsdom.

/** What kind of object of the runtime a value is. */
export const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

const utf8 = new TextEncoder();

/** The bytes of a text, an array of bytes or a buffer; undefined for anything else. @throws InvalidArgumentError for bytes whose memory is gone */
export function bytesOf(content: unknown): Uint8Array | undefined {
  if (typeof content === 'string') return utf8.encode(content);
  if (isBytes(content)) return attached(content);
  if (tagOf(content) !== '[object ArrayBuffer]') return undefined;
  try {
    return new Uint8Array(content as ArrayBuffer);
  } catch {
    throw detached();
  }
}

/** Bytes whose memory is theirs. That of a transferred buffer is gone, and they have no bytes any more. */
function attached(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0) return bytes;
  try {
    // Throws when the view is not within its buffer (ECMA-262, ValidateTypedArray).
    Uint8Array.prototype.at.call(bytes, 0);
    return bytes;
  } catch {
    throw detached();
  }
}

function detached(): InvalidArgumentError {
  return new InvalidArgumentError(
    'content',
    'must hold its bytes: its buffer was transferred (by postMessage, say) or made smaller. Give a copy away instead',
  );
}

/** Whether a value is a Blob or a File. */
export function isBlob(value: unknown): value is Blob {
  return /^\[object (?:Blob|File)\]$/.test(tagOf(value)) && hasMethod(value, 'stream');
}

/** Whether a value is a web stream. */
export function isWebStream(value: unknown): value is ReadableStream {
  return hasMethod(value, 'getReader');
}

/** A stream of Node, as far as it is looked at. */
export interface NodeReadable extends AsyncIterable<unknown> {
  readonly readableEnded?: boolean;
  readonly destroyed?: boolean;
  /** What it failed with. */
  readonly errored?: Error | null;
  on(event: 'error', listener: () => void): unknown;
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterable<unknown>;
}

/** Whether a value is a stream of Node. */
export function isNodeReadable(value: unknown): value is NodeReadable {
  return isAsyncIterable(value) && 'pipe' in value && hasMethod(value, 'on');
}

/** Whether a value can be iterated by `for await`. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return hasMethod(value, Symbol.asyncIterator);
}

/** Whether a value has members, and one of them is a method of this name. */
export function hasMethod<Name extends PropertyKey>(
  value: unknown,
  name: Name,
): value is Record<Name, () => unknown> {
  return isObject(value) && typeof (value as Partial<Record<Name, unknown>>)[name] === 'function';
}

/** Whether a value has members. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The error for content of another size. */
export function wrongSize(declaredSizeBytes: number, found: string): OutOfRangeError {
  return new OutOfRangeError(
    'sizeBytes',
    `must be the size of the content: ${declaredSizeBytes} bytes were declared, and it has ${found}. Leave it out if it is not known`,
  );
}
