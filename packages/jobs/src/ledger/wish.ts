import * as z from 'zod';
import type { Wish } from '../contract/ledger.js';

const wishSchema = z.object({ wish: z.enum(['run', 'pause', 'cancel']) });

/** Reads a wish that was stored. What cannot be read stops nothing for good: it pauses, and people see that. */
export function parseWish(value: unknown): Wish {
  const result = wishSchema.safeParse(value);
  return result.success ? result.data.wish : 'pause';
}
