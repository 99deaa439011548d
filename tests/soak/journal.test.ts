import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openJournal } from './journal.mjs';
import { type RunEntry, summaryOf } from './summary.mjs';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(folder, 'deep', '1.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const entry = (change: Partial<RunEntry> = {}): RunEntry => ({
  fault: 'reset',
  outcome: 'succeeded',
  isStruck: true,
  complaints: [],
  left: { files: 0, uploads: 0 },
  ...change,
});

it('a journal goes on where it was, without the line that was being written', async () => {
  const first = await openJournal(path, 'code');
  await first.add(0, entry());
  await first.add(7, entry({ fault: 'stall' }));
  await appendFile(path, '{"run":8,"faul');
  const second = await openJournal(path, 'code');
  expect(second.isOfOtherCode).toBe(false);
  expect([...second.reports]).toEqual([
    [0, entry()],
    [7, entry({ fault: 'stall' })],
  ]);
});

it('a line that follows one which broke off is not lost', async () => {
  const first = await openJournal(path, 'code');
  await first.add(0, entry());
  await appendFile(path, '{"run":8,"faul');
  await (await openJournal(path, 'code')).add(9, entry());
  expect([...(await openJournal(path, 'code')).reports.keys()]).toEqual([0, 9]);
});

it('runs of other code are forgotten', async () => {
  await (await openJournal(path, 'code')).add(0, entry());
  const other = await openJournal(path, 'other code');
  expect([other.isOfOtherCode, other.reports.size]).toEqual([true, 0]);
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(2);
});

it('a summary has a row for each fault, and counts what is wrong', () => {
  const { rows, total } = summaryOf(
    [
      entry(),
      entry({ outcome: 'failed', left: { files: 0, uploads: 2 } }),
      entry({
        fault: 'stall',
        outcome: 'died',
        isStruck: false,
        complaints: [{ wrong: 'half file', what: '' }],
      }),
      entry({ fault: 'stall', left: { files: 1, uploads: 0 } }),
    ],
    ['reset', 'stall', 'gzip'],
  );
  expect(rows).toEqual([
    ['reset', '2', '2', '1', '1', '0', '0'],
    ['stall', '2', '1', '1', '0', '1', '1'],
    ['gzip', '0', '0', '0', '0', '0', '0'],
    ['all', '4', '3', '2', '1', '1', '1'],
  ]);
  expect(total).toEqual({ runs: 4, wrong: 1, uploads: 2, files: 1 });
});
