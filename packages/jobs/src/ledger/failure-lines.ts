import * as z from 'zod';
import type { FailureRecord } from '../contract/object-outcome.js';

const failureSchema = z.object({
  attempt: z.string(),
  key: z.string(),
  position: z.string(),
  code: z.string(),
  message: z.string(),
  next: z.string(),
});

/** A line about an object that is not done. {@link parseFailure} reads it. */
export function failureLine(attempt: string, failure: FailureRecord): string {
  return `${JSON.stringify({ attempt, ...failure })}\n`;
}

/** Reads a line about an object that is not done; undefined for what is none, such as a line that was cut off. */
export function parseFailure(
  line: string,
): { readonly attempt: string; readonly record: FailureRecord } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const result = failureSchema.safeParse(value);
  if (!result.success) return undefined;
  const { attempt, ...record } = result.data;
  return { attempt, record };
}
