import { type ErrorCode, isOssEnvelopeError } from '@oss-envelope/core';
import { isBytes } from '@oss-envelope/core/adapter';

/** What a case throws when its subject does not do what it must. */
export class ConformanceFailure extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ConformanceFailure';
  }
}

/** @throws ConformanceFailure with `message` when `condition` does not hold */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new ConformanceFailure(message);
}

/** @throws ConformanceFailure that shows both values, when they are not the same */
export function assertEqual<T>(actual: T, expected: T, what: string): void {
  assert(Object.is(actual, expected), `${what} must be ${show(expected)}, and is ${show(actual)}`);
}

/** @throws ConformanceFailure that says where the bytes differ first, when they do */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert(isBytes(actual), `${what} must be a Uint8Array`);
  const shorter = Math.min(actual.length, expected.length);
  let offset = 0;
  while (offset < shorter && actual[offset] === expected[offset]) offset++;
  assert(
    offset === shorter,
    `${what} must be the expected bytes; the byte at offset ${offset} is another one`,
  );
  assertEqual(actual.length, expected.length, `the length of ${what} in bytes`);
}

/** Whether two byte arrays hold the same. */
export function areSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/**
 * What `call` rejects with.
 *
 * @throws ConformanceFailure when it succeeds
 */
export async function rejectionOf(call: () => Promise<unknown>, what: string): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new ConformanceFailure(`${what} must be refused, and succeeded`);
}

/**
 * The error that `call` rejects with. It must be one of core's errors with one of the `codes`. Errors of another copy of
 * core are as good. An error that only has such a code is not: the client would not know it.
 */
export async function assertRejects(
  call: () => Promise<unknown>,
  codes: ErrorCode | readonly ErrorCode[],
  what: string,
): Promise<Error & Record<string, unknown>> {
  const error = await rejectionOf(call, what);
  const allowed: readonly ErrorCode[] = typeof codes === 'string' ? [codes] : codes;
  if (allowed.some((code) => isOssEnvelopeError(error, code)))
    return error as Error & Record<string, unknown>;
  throw new ConformanceFailure(
    `${what} must be refused with ${allowed.join(' or ')}, and is with ${codeOf(error) ?? show(error)}`,
    { cause: error },
  );
}

/** The code of one of core's errors; undefined for anything else. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return isOssEnvelopeError(error) ? error.code : undefined;
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name} (${value.message})`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
