import { isOssEnvelopeError, type ObjectOperation, type OssEnvelopeError } from './errors.js';

/** One call of a caller, about one object or about the bucket. */
export interface ObjectCall {
  readonly operation: ObjectOperation;
  /** Undefined for a call about the bucket. */
  readonly key: string | undefined;
  /** The key that the object is copied or moved to. */
  readonly targetKey?: string | undefined;
  /** The bucket's name, where the transport knows it. */
  readonly bucket?: string | undefined;
  /** What it aborts with is the caller's, of whatever class. */
  readonly signal?: AbortSignal | undefined;
}

/** About so many characters of a key are told. */
const mostKeyCharacters = 100;

/**
 * The error that a call ends with. One of this project is copied, since several calls may have failed by one and the
 * same error; the copy says which call it was. An error that says so already stays as it is, so that the innermost call
 * is told of. So do errors that are not of this project, and what the caller has aborted with.
 */
export function describeError(error: unknown, call: ObjectCall): unknown {
  if (!isOssEnvelopeError(error) || error.operation !== undefined) return error;
  if (call.signal?.aborted && call.signal.reason === error) return error;
  const { operation, bucket } = call;
  const key = typeof call.key === 'string' ? call.key : undefined;
  const object = key === undefined || key === '' ? '' : ` ${keyText(key)}`;
  const target = typeof call.targetKey === 'string' ? ` to ${keyText(call.targetKey)}` : '';
  const place = bucket === undefined ? '' : ` in the bucket ${bucket}`;
  return withMessage(error, `${operation}${object}${target}${place}: ${error.message}`, {
    operation,
    ...(key !== undefined && { key }),
    ...(bucket !== undefined && { bucket }),
  });
}

/** The same error with advice at the end of its message. One that is not of this project stays as it is. */
export function withAdvice(error: unknown, advice: string): unknown {
  return isOssEnvelopeError(error)
    ? withMessage(error, `${error.message.replace(/\.$/, '')}. ${advice}.`, {})
    : error;
}

/** A copy of an error with another message, and members that are added. */
function withMessage(error: OssEnvelopeError, message: string, added: object): OssEnvelopeError {
  // A real error of the runtime, as consoles and debuggers know it.
  const copy: OssEnvelopeError = Object.setPrototypeOf(new Error(message), Object.getPrototypeOf(error));
  const { message: _, stack, ...own } = Object.getOwnPropertyDescriptors(error) as PropertyDescriptorMap;
  return Object.defineProperties(copy, {
    ...own,
    ...(stack !== undefined && { stack: hidden(error.stack?.replace(error.message, () => message)) }),
    ...Object.getOwnPropertyDescriptors(added),
  });
}

/** What `work` gives; what it fails with is told as this call's. */
export async function describedCall<T>(call: ObjectCall, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw describeError(error, call);
  }
}

/** The chunks of an iterator; what they fail with is told as this call's. */
export function describedIterator<T>(call: ObjectCall, iterator: AsyncIterator<T>): AsyncIterator<T> {
  const told = (error: unknown): never => {
    throw describeError(error, call);
  };
  return {
    next: () => iterator.next().catch(told),
    return: async () => (await iterator.return?.().catch(told)) ?? { done: true, value: undefined },
  };
}

function hidden(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: false, configurable: true };
}

/** A key in quotes, cut where it is long. */
function keyText(key: string): string {
  const text = JSON.stringify(key.slice(0, 2 * mostKeyCharacters));
  if (text.length <= mostKeyCharacters + 2) return text;
  // Not within an escape, and not within a character.
  const start = text.slice(0, mostKeyCharacters).replace(/(?:\\(?:u[\da-f]{0,3})?|[\ud800-\udbff])$/, '');
  return `${start}…"`;
}
