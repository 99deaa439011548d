import * as z from 'zod/mini';

/** A size in bytes as headers have it: decimal digits, a safe integer. */
export const sizeText: z.ZodMiniType<number, string> = z.pipe(
  z.string().check(z.regex(/^\d{1,16}$/, 'is not a whole number')),
  z.pipe(
    z.transform((text: string) => Number(text)),
    z.number().check(z.maximum(Number.MAX_SAFE_INTEGER, 'is too large')),
  ),
);
