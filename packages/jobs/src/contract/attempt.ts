import * as z from 'zod';
import { type Tally, tallySchema } from './tally.js';

const text = z.string().max(4096);

/**
 * One try at a range, as far as it is. It covers what lies behind `after` up to `cursor`, that included; all of the range
 * when it is done. Only the process that makes an attempt writes it, so a process that slept can overwrite nothing of
 * another's. An attempt that goes on where an earlier one ended takes over what that one has counted.
 */
export interface Attempt {
  readonly version: 1;
  /** 24 hexadecimal digits, random. */
  readonly id: string;
  /** How many attempts at the range this process knew of, and one: by it the later one is known, whatever clocks say. */
  readonly number: number;
  /** The range's name: see `rangeId`. */
  readonly range: string;
  readonly lane: number;
  readonly after: string;
  /** Null for the end of the lane. Moves down when the range is cut. */
  readonly until: string | null;
  readonly cursor: string;
  readonly isDone: boolean;
  /** With what it took over from an earlier attempt. */
  readonly tally: Tally;
  /** How many objects of the tally it took over. */
  readonly takenOver: number;
  /** The earlier attempts that it goes on from, each up to a position: their failures count too. */
  readonly from: readonly { readonly attempt: string; readonly upTo: string }[];
  /** False once the process has let go of it, done or not: what it left as true, it died in, or still works on. */
  readonly isWorking: boolean;
  /** Set while each object is written down before it is touched: the key that is being worked on. */
  readonly trying: string | null;
  /** How often a process died while it worked on a key. */
  readonly deaths: readonly { readonly key: string; readonly times: number }[];
  readonly worker: string;
  readonly startedAt: string;
  readonly updatedAt: string;
}

/** Reads an attempt that was stored; undefined for what is none. */
export function parseAttempt(value: unknown): Attempt | undefined {
  const result = attemptSchema.safeParse(value);
  return result.success ? result.data : undefined;
}

const attemptId = z.string().regex(/^[0-9a-f]{24}$/);

const attemptSchema: z.ZodType<Attempt> = z.strictObject({
  version: z.literal(1),
  id: attemptId,
  number: z.int().positive(),
  range: z.string().regex(/^r[0-9a-f]{24}$/),
  lane: z.int().nonnegative(),
  after: text,
  until: text.nullable(),
  cursor: text,
  isDone: z.boolean(),
  tally: tallySchema,
  takenOver: z.int().nonnegative(),
  from: z.array(z.strictObject({ attempt: attemptId, upTo: text })).max(1000),
  isWorking: z.boolean(),
  trying: text.nullable(),
  deaths: z.array(z.strictObject({ key: text, times: z.int().positive() })).max(1000),
  worker: z.string().max(256),
  startedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
