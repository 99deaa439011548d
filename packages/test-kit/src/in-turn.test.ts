import { describe, expect, it as once } from 'vitest';
import { inTurn } from './in-turn.js';

const rows = ['a', 'b', 'c'];
const names = Array.from({ length: 30 }, (_, index) => `test ${index}`);
const isWhole = process.env.OSS_ENVELOPE_TEST_SCALE !== undefined;
const tried = new Map<string, string[]>();

const nextRow = inTurn(rows.length);
describe.each(rows)('in the row %s', (row) => {
  const it = nextRow();
  const tryIt = (name: string): void => void tried.set(name, [...(tried.get(name) ?? []), row]);
  for (const name of names.slice(0, 10)) it(name, () => tryIt(name));
  it.each(names.slice(10))('%s', tryIt);
});

once(`each test is tried in ${isWhole ? 'all rows' : 'one row'}`, () => {
  expect([...tried.keys()].sort()).toEqual([...names].sort());
  for (const by of tried.values()) expect(by).toHaveLength(isWhole ? rows.length : 1);
});

once('each row has both kinds of case where two of them take turns', () => {
  for (const parity of [0, 1]) {
    const kind = names.filter((_, index) => index % 2 === parity);
    expect(new Set(kind.flatMap((name) => tried.get(name)))).toEqual(new Set(rows));
  }
});
