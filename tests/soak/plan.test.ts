import { describe, expect, it } from 'vitest';
import { cells, faults, formats, operations, pairsOf, planOf, providers, transports } from './plan.js';

const seeds = [1, 2, 20_261_127, 2 ** 31 - 1];
/** What CI runs. */
const few = 300;
const allPairs = new Set(cells.flatMap(pairsOf));

describe('the plan of a run', () => {
  it('is the same for the same seed and number, in whatever order it is asked for', () => {
    const numbers = [cells.length + 5, 0, 299, 17, 3 * cells.length];
    const forwards = numbers.map((run) => planOf(7, run));
    const backwards = numbers.toReversed().map((run) => planOf(7, run));
    expect(backwards.toReversed()).toEqual(forwards);
  });

  it('is another for another seed or number', () => {
    const plans = seeds.flatMap((seed) => Array.from({ length: few }, (_, run) => planOf(seed, run)));
    const texts = plans.map(({ seed: _, run: __, ...rest }) => JSON.stringify(rest));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe.each(seeds)('the runs of the seed %i', (seed) => {
  const plans = (count: number, from = 0) =>
    Array.from({ length: count }, (_, run) => planOf(seed, from + run));
  const cellOf = ({ fault, operation, format, transport, provider }: ReturnType<typeof planOf>) => ({
    fault,
    operation,
    format,
    transport,
    provider,
  });

  it('have each pair of values within 300', () => {
    const seen = new Set(plans(few).map(cellOf).flatMap(pairsOf));
    expect([...allPairs].filter((pair) => !seen.has(pair))).toEqual([]);
  });

  it('have no value of a dimension much more often than another that has as many cells', () => {
    const counts = new Map<string, number>();
    for (const plan of plans(few)) counts.set(plan.fault, (counts.get(plan.fault) ?? 0) + 1);
    const ofNetwork = faults.filter((fault) => fault !== 'full disk' && fault !== 'power cut');
    const numbers = ofNetwork.map((fault) => counts.get(fault) ?? 0);
    expect(Math.max(...numbers) - Math.min(...numbers)).toBeLessThanOrEqual(8);
    expect(counts.get('full disk')).toBeGreaterThanOrEqual(8);
    expect(counts.get('power cut')).toBeGreaterThanOrEqual(8);
  });

  it.each([0, 1])('have each cell once in round %i', (round) => {
    const texts = plans(cells.length, round * cells.length).map((plan) => JSON.stringify(cellOf(plan)));
    expect(new Set(texts)).toEqual(new Set(cells.map((cell) => JSON.stringify(cell))));
    expect(texts).toHaveLength(cells.length);
  });

  it('vary everything else too', () => {
    const some = plans(few);
    const values = <T>(of: (plan: ReturnType<typeof planOf>) => T) => new Set(some.map(of)).size;
    expect(values(({ sizeBytes }) => sizeBytes)).toBe(11);
    expect(values(({ parts }) => parts)).toBe(3);
    expect(values(({ concurrency }) => concurrency)).toBe(4);
    expect(values(({ retries }) => retries)).toBe(3);
    expect(values(({ replaces }) => replaces)).toBe(2);
    expect(values(({ strike }) => strike.times)).toBe(3);
    expect(values(({ second }) => second?.fault)).toBe(7);
    for (const { strike } of some) {
      for (const share of [strike.form, strike.place, strike.progress]) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThan(1);
      }
    }
  });
});

it('every value of every dimension is in a cell, and no cell is impossible', () => {
  for (const [name, all] of Object.entries({
    fault: faults,
    operation: operations,
    format: formats,
    transport: transports,
    provider: providers,
  })) {
    const seen = new Set(cells.map((cell) => cell[name as keyof typeof cell]));
    expect(seen, name).toEqual(new Set<string>(all));
  }
  const impossible = cells.filter(
    ({ format, provider }) => format !== 'sealed' && (provider === 'aes' || provider === 'age'),
  );
  expect(impossible).toEqual([]);
});
