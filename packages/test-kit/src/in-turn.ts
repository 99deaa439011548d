import { it, type TestAPI } from 'vitest';

/** How a row of a matrix names its tests. */
export interface RowTests {
  (name: string, test: () => unknown, timeoutMs?: number): void;
  (name: string, options: { readonly timeout: number }, test: () => unknown): void;
  readonly each: TestAPI['each'];
}

// Its multiples keep no time with anything that repeats itself (Knuth, The Art of Computer Programming, volume 3, §6.4), so
// no row gets all cases of one kind.
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/**
 * The tests of a matrix whose rows have the same tests: one for each transport, or for each version of signatures. In
 * `npm test` each of them is tried in one row, always the same. `npm run test:long` tries all of them in all rows, and so
 * does every command with `OSS_ENVELOPE_TEST_SCALE`.
 *
 * @param rows - how many there are
 * @returns what each row, in order, calls for its own `it`
 */
export function inTurn(rows: number): () => RowTests {
  const triesAll = process.env.OSS_ENVELOPE_TEST_SCALE !== undefined;
  let row = 0;
  return () => {
    const own = row++;
    let tests = 0;
    const isOwn = (): boolean => Math.floor(((++tests * goldenRatio) % 1) * rows) === own || triesAll;
    const test = (...what: Parameters<TestAPI>): void => {
      if (isOwn()) it(...what);
    };
    const each = (cases: readonly unknown[]): unknown => it.each(cases.filter(isOwn));
    return Object.assign(test, { each }) as unknown as RowTests;
  };
}
