import type * as z from 'zod/mini';
import { InvalidArgumentError, OutOfRangeError } from './errors.js';

/**
 * A caller's argument by its schema.
 *
 * @throws InvalidArgumentError or, for a number or a length out of bounds, OutOfRangeError; both name the member
 */
export function parseArgument<T>(argument: string, value: unknown, schema: z.ZodMiniType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const path = [argument, ...(issue?.path ?? []), ...unknown.slice(0, 1)].map(String).join('.');
  if (unknown.length > 0) throw new InvalidArgumentError(path, 'is not an option; check its spelling');
  const expectation = issue?.message ?? 'is not valid';
  if (issue?.code === 'too_small' || issue?.code === 'too_big') throw new OutOfRangeError(path, expectation);
  throw new InvalidArgumentError(path, expectation);
}
