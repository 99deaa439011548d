import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBucketLedger, findBucketLedger } from '../src/ledger/bucket-ledger.js';
import {
  createFileLedger,
  findFileLedger,
  openFileLedger,
  readFileLedger,
} from '../src/ledger/file-ledger.js';
import { memoryLedger } from '../src/ledger/memory-ledger.js';
import { bucketName, jobOf, useSmallBucket } from './small-bucket.js';
import { someAttempt } from './some-attempt.js';

const world = useSmallBucket();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-job-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const journal = (inFolder: string): string => join(inFolder, 'attempts.journal');
const collected = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('a job that is kept', () => {
  it('is found where it is, and nothing is written where there is none', async () => {
    const inFolder = join(folder, 'job');
    expect(await findFileLedger(inFolder, jobOf())).toBeUndefined();
    expect(await findBucketLedger(world.transport(), jobOf())).toBeUndefined();
    expect([await readdir(folder), world.oss.keys(bucketName)]).toEqual([[], []]);

    await (await createFileLedger(inFolder, jobOf())).close();
    await createBucketLedger(world.transport(), jobOf());
    for (const found of [
      await findFileLedger(inFolder, jobOf()),
      await findBucketLedger(world.transport(), jobOf()),
    ]) {
      expect(found?.job).toEqual(jobOf());
      await found?.close();
    }
    const other = jobOf({ task: 'verify' });
    await expect(findFileLedger(inFolder, other)).rejects.toMatchObject({ code: 'ERR_CHECKPOINT' });
    await expect(findBucketLedger(world.transport(), other)).rejects.toMatchObject({
      code: 'ERR_CHECKPOINT',
    });
  });

  it('is one that can be read again', async () => {
    for (const [changes, argument] of [
      [{ filter: { storageClasses: [''] } }, 'job.filter.storageClasses.0'],
      [{ source: { kind: 'listing', prefix: '照'.repeat(342) } }, 'job.source.prefix'],
      [{ source: { kind: 'keys', path: '' } }, 'job.source.path'],
    ] as const) {
      const job = jobOf(changes as Parameters<typeof jobOf>[0]);
      const refusal = { code: 'ERR_INVALID_ARGUMENT', argument };
      await expect(createFileLedger(join(folder, 'job'), job)).rejects.toMatchObject(refusal);
      await expect(createBucketLedger(world.transport(), job)).rejects.toMatchObject(refusal);
      expect(() => memoryLedger(job)).toThrow(expect.objectContaining(refusal));
    }
    expect([await readdir(folder), world.oss.keys(bucketName)]).toEqual([[], []]);
  });

  it('needs a folder that can be made', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    for (const place of [file, join(file, 'job')]) {
      await expect(createFileLedger(place, jobOf()), place).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(JSON.stringify(place)),
      });
    }
    await expect(openFileLedger(file)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('takes no journal of another job for its own, with or without its job beside it', async () => {
    const [own, others, orphan] = ['own', 'others', 'orphan'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const other = await createFileLedger(others, jobOf({ bucketName: 'films' }));
    await other.write(someAttempt({ isDone: true }));
    await other.close();
    await (await createFileLedger(own, jobOf())).close();
    await (await createFileLedger(orphan, jobOf())).close();
    for (const place of [own, orphan]) await writeFile(journal(place), await readFile(journal(others)));
    await rm(join(orphan, 'job.json'));

    const refusal = { code: 'ERR_CHECKPOINT', message: expect.stringContaining('attempts.journal') };
    await expect(openFileLedger(own)).rejects.toMatchObject(refusal);
    await expect(readFileLedger(own)).rejects.toMatchObject(refusal);
    await expect(createFileLedger(orphan, jobOf())).rejects.toMatchObject(refusal);
    expect(await readdir(orphan)).not.toContain('job.json');
  });

  it('keeps its journal its own when it is begun anew', async () => {
    const ledger = await createFileLedger(folder, jobOf());
    await ledger.write(someAttempt({ isDone: true }));
    await ledger.nextRun();
    await ledger.write(someAttempt({ isDone: true }));
    await ledger.close();
    const again = await openFileLedger(folder);
    expect(await collected(again.attempts())).toHaveLength(1);
    await again.close();
  });
});
