import * as z from 'zod';

/** How many objects a job is about, as far as somebody can say before its end. */
export interface Expectation {
  readonly objects: number;
  /** Whether each of them was counted; otherwise there are about so many. */
  readonly isExact: boolean;
  /** Who says so: OSS's statistics of the bucket, who started the job, or the source itself. */
  readonly by: 'bucket-statistics' | 'given' | 'inventory' | 'keys-file';
}

const expectationSchema: z.ZodType<Expectation> = z.strictObject({
  objects: z.int().nonnegative(),
  isExact: z.boolean(),
  by: z.enum(['bucket-statistics', 'given', 'inventory', 'keys-file']),
});

/** Reads an expectation that was stored; undefined for what is none: nothing hangs on it but what people are shown. */
export function parseExpectation(value: unknown): Expectation | undefined {
  const result = expectationSchema.safeParse(value);
  return result.success ? result.data : undefined;
}
