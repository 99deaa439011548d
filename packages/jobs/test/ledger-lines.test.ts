import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { FailureRecord } from '../src/contract/object-outcome.js';
import { createFileLedger } from '../src/ledger/file-ledger.js';
import { jobOf } from './small-bucket.js';

it('keeps long lists of failures apart that several ranges add at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lines-'));
  const ledger = await createFileLedger(folder, jobOf());
  try {
    const ids = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(24));
    const message = 'x'.repeat(2000);
    const failures = Array.from(
      { length: 1000 },
      (_, index): FailureRecord => ({
        key: `k${index}`,
        position: `k${index}`,
        code: 'ERR_OTHER',
        message,
        next: 'look',
      }),
    );
    await Promise.all(ids.map((id) => ledger.addFailures(id, failures)));
    for (const id of ids) {
      const found: string[] = [];
      for await (const { key } of ledger.failures(id)) found.push(key);
      expect(found).toEqual(failures.map(({ key }) => key));
    }
  } finally {
    await ledger.close();
    await rm(folder, { recursive: true, force: true });
  }
});
