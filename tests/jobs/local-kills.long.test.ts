import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileLedger, type Job, targetKeys } from '@oss-envelope/jobs';
import { type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { runs } from '@oss-envelope/test-kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  bucket,
  countWrites,
  expectMoved,
  fillMixed,
  newKey,
  newPair,
  oldKey,
  oldPair,
  transportTo,
} from './mixed-bucket.js';

const program = fileURLToPath(new URL('../support/programs/local-job.mjs', import.meta.url));

let oss: LocalOss;
let folder: string;

beforeEach(async () => {
  oss = await startOss({ buckets: [bucket] });
  folder = await mkdtemp(join(tmpdir(), 'jobs-'));
});
afterEach(async () => {
  await oss.close();
  await rm(folder, { recursive: true, force: true });
});

const transport = () => transportTo(oss);

async function start(task: Job['task']): Promise<void> {
  const ledger = await createFileLedger(join(folder, 'job'), {
    version: 1,
    id: 'kills',
    bucketName: bucket,
    task,
    format: 'sealed',
    grade: 'direct',
    source: { kind: 'listing', prefix: '' },
    filter: {},
    targetKeys: targetKeys({ provider: newKey, format: 'sealed' }),
    createdAt: new Date().toISOString(),
  });
  await ledger.close();
}

/** Runs the program, and kills it after some time; resolves to what it printed when it was not killed. */
async function run(killAfterMs: number | undefined, poisonKey?: string): Promise<string | undefined> {
  const config = join(folder, 'config.json');
  await writeFile(
    config,
    JSON.stringify({
      origin: oss.origin,
      bucket,
      folder: join(folder, 'job'),
      oldPair,
      newPair,
      pageSize: 50,
      poisonKey,
    }),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, config]);
    let output = '';
    let errors = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (errors += text));
    const timer =
      killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(output);
      else reject(new Error(errors));
    });
  });
}

const report = async (): Promise<Record<string, never>> =>
  JSON.parse(await readFile(join(folder, 'job', 'report.json'), 'utf8'));

it('a process killed at any moment, again and again, leaves each object written once, or twice where it died', {
  timeout: 900_000,
}, async () => {
  const count = runs(400);
  const objects = await fillMixed(oss, { transport: transport(), provider: oldKey, count });
  const plain = objects.filter(({ format }) => format === 'plain');
  const writes = countWrites(oss);
  let kills = 0;
  for (const task of ['encrypt', 'reencrypt'] as const) {
    await rm(join(folder, 'job'), { recursive: true, force: true });
    await start(task);
    const most = runs(12);
    let output: string | undefined;
    for (let tries = 0; output === undefined; tries++) {
      output = await run(tries < most ? 400 + Math.random() * 1200 : undefined);
      if (output === undefined) kills++;
    }
    expect(JSON.parse(output ?? '')).toMatchObject({ result: 'done' });
  }
  expect(kills).toBeGreaterThan(2);
  const { tally, ...rest } = (await report()) as unknown as { tally: Record<string, number> };
  expect(rest).toMatchObject({ isComplete: true, isBalanced: true, holes: [] });
  expect(tally).toMatchObject({ listed: count, failed: 0, gone: 0 });
  expect((tally.done as number) + (tally.skipped as number)).toBe(count);
  await expectMoved(objects, { transport: transport(), oldKey, newKey });
  const times = [...writes.values()];
  expect(writes.size).toBe(count);
  expect(Math.max(...times)).toBeLessThanOrEqual(2);
  // Four objects of one range are under way at once, in four ranges.
  expect(times.filter((once) => once > 1).length).toBeLessThanOrEqual(kills * 16);
  expect(plain.length).toBeGreaterThan(0);
});

it('an object at which processes die three times is set apart, and the rest is done', {
  timeout: 240_000,
}, async () => {
  const objects = await fillMixed(oss, { transport: transport(), provider: oldKey, count: 60 });
  await start('reencrypt');
  const { key } = objects[32] as (typeof objects)[number];
  let deaths = 0;
  while ((await run(undefined, key)) === undefined) {
    deaths++;
    expect(deaths).toBeLessThan(10);
  }
  // The first death is of one of many objects; of the next three it is known at which.
  expect(deaths).toBe(4);
  expect(await report()).toMatchObject({
    isComplete: true,
    isBalanced: true,
    tally: { failed: 1, byFailure: { ERR_SET_APART: 1 } },
  });
  const lines = (await readFile(join(folder, 'job', 'failures.jsonl'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).key)).toEqual([key]);
});
