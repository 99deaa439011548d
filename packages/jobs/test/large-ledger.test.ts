import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Attempt } from '../src/contract/attempt.js';
import { rangeId } from '../src/contract/key-range.js';
import type { FailureRecord } from '../src/contract/object-outcome.js';
import { emptyTally } from '../src/contract/tally.js';
import { createFileLedger, openFileLedger, readFileLedger } from '../src/ledger/file-ledger.js';
import { memoryLedger } from '../src/ledger/memory-ledger.js';
import { failuresOf, makeReport } from '../src/report/job-report.js';
import { jobOf } from './small-bucket.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const place = (number: number): string => String(number).padStart(8, '0');

/** The range from one number to the next, done. */
function attemptAt(number: number, changes: Partial<Attempt> = {}): Attempt {
  const after = number === 0 ? '' : place(number);
  return {
    version: 1,
    id: number.toString(16).padStart(24, '0'),
    number: 1,
    range: rangeId({ lane: 0, after }),
    lane: 0,
    after,
    until: place(number + 1),
    cursor: place(number + 1),
    isDone: true,
    tally: { ...emptyTally(), listed: 1, failed: 1 },
    takenOver: 0,
    from: [],
    isWorking: false,
    trying: null,
    deaths: [],
    worker: 'w',
    startedAt: '2026-11-27T00:00:00.000Z',
    updatedAt: '2026-11-27T00:00:00.000Z',
    ...changes,
  };
}

const failureAt = (number: number): FailureRecord => ({
  key: place(number),
  position: place(number + 1),
  code: 'ERR_OTHER',
  message: '',
  next: 'look',
});

it('keeps the last word of each attempt, however often they are written, and no more than that for long', async () => {
  const ledger = await createFileLedger(folder, jobOf());
  const numbers = [0, 1, 2, 3, 4];
  for (let times = 1; times <= 500; times++) {
    const updatedAt = new Date(times).toISOString();
    // Several ranges write at once, also while the journal is made shorter.
    await Promise.all(numbers.map((number) => ledger.write(attemptAt(number, { updatedAt }))));
  }
  const lines = (await readFile(join(folder, 'attempts.journal'), 'utf8')).trimEnd().split('\n');
  expect(lines.length).toBeLessThan(1100);
  // Whoever looks on, and whoever comes next, see what was written last.
  const last = new Date(500).toISOString();
  const { attempts } = await readFileLedger(folder);
  expect(attempts.map(({ updatedAt }) => updatedAt)).toEqual(numbers.map(() => last));
  await expect(openFileLedger(folder)).rejects.toMatchObject({ code: 'ERR_CHECKPOINT' });
  await ledger.close();
  const again = await openFileLedger(folder);
  const found: string[] = [];
  for await (const { id, updatedAt } of again.attempts()) found.push(`${id} ${updatedAt}`);
  expect(found.sort()).toEqual(numbers.map((number) => `${attemptAt(number).id} ${last}`));
  await again.close();
});

it('goes on with the old journal where a new one cannot be written', async () => {
  const ledger = await createFileLedger(folder, jobOf());
  await mkdir(join(folder, 'attempts.journal.next', 'x'), { recursive: true });
  for (let times = 1; times <= 1010; times++) {
    await ledger.write(attemptAt(0, { updatedAt: new Date(times).toISOString() }));
  }
  await ledger.close();
  const { attempts } = await readFileLedger(folder);
  expect(attempts).toEqual([attemptAt(0, { updatedAt: new Date(1010).toISOString() })]);
});

it('reads the failures of all attempts in about the time that it takes to read them', async () => {
  const ledger = await createFileLedger(folder, jobOf());
  const ranges = 1500;
  // One attempt after another, each with a few lines of its own.
  for (let number = 0; number < ranges; number++) {
    await ledger.addFailures(attemptAt(number).id, [failureAt(number), failureAt(number)]);
  }
  const kept = memoryLedger(jobOf());
  for (let number = 0; number < ranges; number++) {
    await kept.write(attemptAt(number, number === ranges - 1 ? { until: null } : {}));
  }
  const both = { ...kept, failures: (attempt: string) => ledger.failures(attempt) };
  const startedMs = performance.now();
  const found: string[] = [];
  for await (const { key } of failuresOf(both, 1)) found.push(key);
  const tookMs = performance.now() - startedMs;
  expect(found).toEqual(Array.from({ length: ranges }, (_, number) => place(number)));
  const { size } = await stat(join(folder, 'failures.jsonl'));
  // All of it for each attempt would be 1,500 times 400 KB, which takes a hundred seconds.
  expect(size).toBeGreaterThan(300_000);
  expect(tookMs).toBeLessThan(20_000);
  expect((await makeReport(both, 1)).tally.failed).toBe(ranges);
  await ledger.close();
});
