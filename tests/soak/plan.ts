// What a run of the fault matrix does: a pure function of a seed and the run's number.
import { createHash } from 'node:crypto';
import { generator } from '../fuzz/mutation.mjs';

/** What goes wrong in a run. */
export const faults = [
  'reset',
  'stall',
  'truncation',
  'wrong CRC',
  'wrong length',
  'server error',
  'throttling',
  'lost answer',
  'wrong clock',
  'expiring token',
  'closed connection',
  'gzip',
  'SIGKILL',
  'full disk',
  'power cut',
] as const;
export type FaultName = (typeof faults)[number];

/** What is done meanwhile. */
export const operations = [
  'put',
  'get',
  'parts',
  'ranges',
  'resumed upload',
  'resumed download',
  'rewrap',
  'copy',
  'rename',
  'reencrypt',
] as const;
export type OperationName = (typeof operations)[number];

export const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;
export const transports = ['node', 'fetch'] as const;
export const providers = ['rsa', 'kms', 'aes', 'age'] as const;
export type Format = (typeof formats)[number];
export type TransportName = (typeof transports)[number];
export type ProviderName = (typeof providers)[number];

/** One cell of the matrix. */
export interface Cell {
  readonly fault: FaultName;
  readonly operation: OperationName;
  readonly format: Format;
  readonly transport: TransportName;
  readonly provider: ProviderName;
}

/** Where, how often and in which of its forms a fault strikes. Shares are from 0 up to, not including, 1. */
export interface Strike {
  /** Which of the forms of the fault. */
  readonly form: number;
  /** Which request (of those that the call makes) or operation of the disk it is. */
  readonly place: number;
  /** How far a body has come. */
  readonly progress: number;
  /** How many requests in a row it strikes. */
  readonly times: number;
}

/** Everything about a run. */
export interface RunPlan extends Cell {
  readonly seed: number;
  readonly run: number;
  readonly strike: Strike;
  /** A second fault of the network, so that failures come in series. */
  readonly second: (Strike & { readonly fault: FaultName }) | undefined;
  /** Whether KMS, where it holds the key, is struck too. */
  readonly strikesKms: boolean;
  /** Of one request. */
  readonly sizeBytes: number;
  /** How many parts or ranges there are at least. */
  readonly parts: number;
  /** Of the last of them. */
  readonly restBytes: number;
  /** Which way of handing content in or out, of those that an operation has. */
  readonly way: number;
  readonly concurrency: number;
  readonly retries: number;
  /** Whether something is replaced: an object, or a file. */
  readonly replaces: boolean;
  /** The format of an object that is encrypted anew. */
  readonly fromFormat: Format;
}

/** Operations that write to this machine's disk: temporary files, checkpoints. */
const onDisk: ReadonlySet<OperationName> = new Set(['get', 'ranges', 'resumed upload', 'resumed download']);
const ofDisk: ReadonlySet<FaultName> = new Set(['full disk', 'power cut']);
/** What a second fault may be: those that need nothing but the server. */
const seconds = [
  'reset',
  'truncation',
  'wrong CRC',
  'server error',
  'throttling',
  'lost answer',
] as const satisfies readonly FaultName[];
const sizesBytes = [0, 1, 15, 16, 17, 4096, 16_383, 16_384, 16_385, 40_000, 65_537];

/** Every cell that makes sense: a provider that the format takes, and for faults of the disk an operation that uses it. */
export const cells: readonly Cell[] = faults.flatMap((fault) =>
  operations
    .filter((operation) => !ofDisk.has(fault) || onDisk.has(operation))
    .flatMap((operation) =>
      formats.flatMap((format) =>
        providers
          .filter((provider) => format === 'sealed' || provider === 'rsa' || provider === 'kms')
          .flatMap((provider) =>
            transports.map((transport) => ({ fault, operation, format, transport, provider })),
          ),
      ),
    ),
);

/** The pairs of values that a cell has. */
export function pairsOf(cell: Cell): string[] {
  const values = Object.entries(cell).map(([name, value]) => `${name}=${value}`);
  return values.flatMap((one, index) => values.slice(index + 1).map((other) => `${one} ${other}`));
}

function randomOf(...parts: readonly unknown[]): () => number {
  return generator(createHash('sha256').update(parts.join(' ')).digest().readUInt32LE());
}

/** How many cells are looked at before the next one is chosen. */
const candidates = 40;
const orders = new Map<string, readonly Cell[]>();

/**
 * All cells once, in an order that has all pairs of values early: each is the one, of some at random, whose pairs were had
 * least.
 */
function orderOf(seed: number, round: number): readonly Cell[] {
  const name = `${seed} ${round}`;
  const known = orders.get(name);
  if (known !== undefined) return known;
  const random = randomOf('order', seed, round);
  const rest = cells.map((cell) => ({ cell, pairs: pairsOf(cell) }));
  const counts = new Map<string, number>();
  const order: Cell[] = [];
  while (rest.length > 0) {
    let best = 0;
    let most = -1;
    for (let look = 0; look < Math.min(candidates, rest.length); look++) {
      const index = Math.floor(random() * rest.length);
      const worth = rest[index]!.pairs.reduce((sum, pair) => sum + 1 / (1 + 8 * (counts.get(pair) ?? 0)), 0);
      if (worth > most) [best, most] = [index, worth];
    }
    const chosen = rest[best]!;
    rest[best] = rest.at(-1)!;
    rest.pop();
    for (const pair of chosen.pairs) counts.set(pair, (counts.get(pair) ?? 0) + 1);
    order.push(chosen.cell);
  }
  orders.set(name, order);
  return order;
}

/** The plan of a run, counted from 0. The same seed and number give the same plan, whatever was run before. */
export function planOf(seed: number, run: number): RunPlan {
  const cell = orderOf(seed, Math.floor(run / cells.length))[run % cells.length]!;
  const random = randomOf('run', seed, run);
  const below = (count: number): number => Math.floor(random() * count);
  const strike = (): Strike => ({
    form: random(),
    place: random(),
    progress: random(),
    times: 1 + below(3),
  });
  const first = strike();
  const other = { fault: seconds[below(seconds.length)]!, ...strike() };
  return {
    ...cell,
    seed,
    run,
    strike: first,
    second: random() < 0.25 ? other : undefined,
    strikesKms: random() < 0.5,
    sizeBytes: sizesBytes[below(sizesBytes.length)]!,
    parts: 2 + below(3),
    restBytes: [1, 16, 5000, 30_001][below(4)]!,
    way: random(),
    concurrency: 1 + below(4),
    retries: below(3),
    replaces: random() < 0.6,
    fromFormat: formats[below(formats.length)]!,
  };
}
