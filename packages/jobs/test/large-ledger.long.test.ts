import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TemporaryFile } from '@oss-envelope/core/adapter/node';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Attempt } from '../src/contract/attempt.js';
import type { FailureRecord } from '../src/contract/object-outcome.js';
import { emptyTally } from '../src/contract/tally.js';
import { createFileLedger, openFileLedger, readFileLedger } from '../src/ledger/file-ledger.js';
import { memoryLedger } from '../src/ledger/memory-ledger.js';
import { failuresOf, makeReport } from '../src/report/job-report.js';
import { jobOf } from './small-bucket.js';
import { someAttempt } from './some-attempt.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobs-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const place = (number: number): string => String(number).padStart(8, '0');

/** The range from one number to the next, done. */
function attemptAt(number: number, changes: Partial<Attempt> = {}): Attempt {
  return someAttempt({
    id: number.toString(16).padStart(24, '0'),
    after: number === 0 ? '' : place(number),
    until: place(number + 1),
    cursor: place(number + 1),
    isDone: true,
    tally: { ...emptyTally(), listed: 1, failed: 1 },
    ...changes,
  });
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

it('lets no other process in while the journal is made shorter', async () => {
  const ledger = await createFileLedger(folder, jobOf());
  let isOver = false;
  const others = (async () => {
    const results = new Set<string>();
    while (!isOver) {
      const other = await openFileLedger(folder).catch((error: { code: string }) => error);
      results.add('close' in other ? 'opened' : other.code);
      if ('close' in other) await other.close();
    }
    return results;
  })();
  for (let times = 1; times <= 4000; times++) {
    await ledger.write(attemptAt(0, { updatedAt: new Date(times).toISOString() }));
  }
  isOver = true;
  expect(await others).toEqual(new Set(['ERR_CHECKPOINT']));
  await ledger.close();
});

it('goes on with the old journal where a new one cannot be written', async () => {
  const ledger = await createFileLedger(folder, jobOf());
  const full = vi
    .spyOn(TemporaryFile, 'open')
    .mockRejectedValue(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
  for (let times = 1; times <= 1010; times++) {
    await ledger.write(attemptAt(0, { updatedAt: new Date(times).toISOString() }));
  }
  expect(full).toHaveBeenCalledTimes(1);
  full.mockRestore();
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
