// For every test file. `toMatchObject` takes a pattern for an object without members, which any text has: it would pass
// whatever the text is. Here a pattern is what the text must match.
import { expect } from 'vitest';

const installed = Symbol.for('oss-envelope.patterns');
const known = globalThis as { [installed]?: true };

// Files that share a process share its testers.
if (known[installed] === undefined) {
  known[installed] = true;
  expect.addEqualityTesters([
    (actual: unknown, expected: unknown) =>
      expected instanceof RegExp && !(actual instanceof RegExp)
        ? typeof actual === 'string' && expected.test(actual)
        : undefined,
    // Bytes are compared one by one, with a step for each, which takes seconds for a megabyte. What is not the same is left
    // to that, which says where.
    (actual: unknown, expected: unknown) =>
      actual instanceof Uint8Array &&
      expected instanceof Uint8Array &&
      Object.getPrototypeOf(actual) === Object.getPrototypeOf(expected) &&
      Buffer.compare(actual, expected) === 0
        ? true
        : undefined,
  ]);
}
