import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Job, JobReport } from '@oss-envelope/jobs';
import { type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { type LocalRedis, runs, startRedis } from '@oss-envelope/test-kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  bucket,
  countWrites,
  expectMoved,
  fillMixed,
  type MixedObject,
  newKey,
  newPair,
  oldKey,
  oldPair,
  transportTo,
} from './mixed-bucket.js';

const lockMs = 3000;
const programOf = (name: string): string =>
  fileURLToPath(new URL(`../support/programs/${name}.mjs`, import.meta.url));

let oss: LocalOss;
let redis: LocalRedis;
let folder: string;
const processes = new Set<ChildProcess>();

beforeEach(async () => {
  oss = await startOss({ buckets: [bucket] });
  folder = await mkdtemp(join(tmpdir(), 'jobs-'));
}, 60_000);
afterEach(async () => {
  await Promise.all([...processes].map(killed));
  await redis?.close();
  await oss.close();
  await rm(folder, { recursive: true, force: true });
});

async function startRedisWith(appendOnly: boolean): Promise<void> {
  redis = await startRedis({ appendOnly });
}

const transport = () => transportTo(oss);

async function configure(more: object = {}): Promise<void> {
  const config = { origin: oss.origin, redis: redis.url, bucket, oldPair, newPair, pageSize: 50, lockMs };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...more }));
}

interface Running {
  readonly child: ChildProcess;
  /** What it printed so far. */
  readonly output: { text: string; errors: string };
  readonly ended: Promise<void>;
}

function run(program: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [programOf(program), join(folder, 'config.json'), ...args]);
  processes.add(child);
  const output = { text: '', errors: '' };
  child.stdout.on('data', (text) => (output.text += text));
  child.stderr.on('data', (text) => (output.errors += text));
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      processes.delete(child);
      resolve();
    }),
  );
  return { child, output, ended };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** Leads a job to its end. @throws what the coordinator printed when it failed */
async function lead(
  task: Job['task'],
  coordinator: Running = run('queue-coordinator', task),
): Promise<JobReport> {
  await coordinator.ended;
  if (coordinator.child.exitCode !== 0) throw new Error(coordinator.output.errors);
  return JSON.parse(coordinator.output.text);
}

/** A coordinator that has been started. */
function leading(task: Job['task']) {
  const coordinator = run('queue-coordinator', task);
  let isOver = false;
  const report = lead(task, coordinator);
  const note = (): void => {
    isOver = true;
  };
  report.then(note, note);
  /** Until it has handed ranges out. */
  const begun = (): Promise<void> =>
    expect.poll(() => isOver || /Round 1/.test(coordinator.output.errors), { timeout: 120_000 }).toBe(true);
  return { child: coordinator.child, report, begun, isOver: () => isOver };
}

/** Works with so many processes. Those that die are started anew, until it is stopped. */
function workers(count: number): { readonly running: Running[]; deaths: number; stop(): Promise<void> } {
  let isOver = false;
  const state = {
    running: [] as Running[],
    deaths: 0,
    async stop() {
      isOver = true;
      for (const { child } of state.running) child.kill('SIGTERM');
      await Promise.all(state.running.map(({ ended }) => ended));
    },
  };
  const start = (index: number): void => {
    const running = run('queue-worker');
    state.running[index] = running;
    void running.ended.then(() => {
      if (isOver) return;
      state.deaths++;
      start(index);
    });
  };
  for (let index = 0; index < count; index++) start(index);
  return state;
}

const fill = (count: number): Promise<readonly MixedObject[]> =>
  fillMixed(oss, { transport: transport(), provider: oldKey, count });

/** All objects are moved by the two jobs, each written once, and some of them twice. */
async function expectDone(
  objects: readonly MixedObject[],
  report: JobReport,
  writes: ReadonlyMap<string, number>,
  mostTwice: number,
): Promise<void> {
  expect(report).toMatchObject({ isComplete: true, isBalanced: true, holes: [] });
  const { listed, done, skipped, failed, gone, bySkip } = report.tally;
  expect({ failed, gone }).toEqual({ failed: 0, gone: 0 });
  // The ledger lies in the bucket, and is seen there too.
  expect(listed - (bySkip.own ?? 0)).toBe(objects.length);
  expect(done + skipped).toBe(listed);
  await expectMoved(objects, { transport: transport(), oldKey, newKey });
  const times = objects.map(({ key }) => writes.get(key) ?? 0);
  expect(Math.min(...times)).toBe(1);
  expect(Math.max(...times)).toBeLessThanOrEqual(2);
  expect(times.filter((once) => once > 1).length).toBeLessThanOrEqual(mostTwice);
}

const plainFirst = ['encrypt', 'reencrypt'] as const;
/** How many objects a process has under way at most. */
const atOnce = 16;

it('four processes killed at any moment, and their coordinator, do a job as one that nobody kills', {
  timeout: 1_800_000,
}, async () => {
  await startRedisWith(true);
  await configure();
  const objects = await fill(runs(500));
  const writes = countWrites(oss);
  const team = workers(4);
  let report: JobReport | undefined;
  let kills = 0;
  let coordinatorDeaths = 0;
  for (const task of plainFirst) {
    const most = team.deaths + runs(12);
    for (report = undefined; report === undefined; ) {
      const leader = leading(task);
      while (!leader.isOver() && team.deaths < most) {
        await sleep(500 + Math.random() * 1500);
        const victim = ++kills % 4 === 0 ? leader : team.running[Math.floor(Math.random() * 4)];
        if (victim !== undefined) await killed(victim.child);
        if (victim === leader) coordinatorDeaths++;
      }
      report = await leader.report.catch((error) => {
        if (leader.child.signalCode !== 'SIGKILL') throw error;
        return undefined;
      });
    }
  }
  await team.stop();
  expect(team.deaths).toBeGreaterThan(2);
  expect(coordinatorDeaths).toBeGreaterThan(0);
  await expectDone(objects, report as JobReport, writes, team.deaths * atOnce);
  console.log(
    `${objects.length} objects, ${team.deaths} workers and ${coordinatorDeaths} coordinators killed`,
  );
});

it('a process that slept longer than its lock lets go, and overwrites nothing', {
  timeout: 600_000,
}, async () => {
  await startRedisWith(true);
  await configure({ ossPerSecond: runs(400), pageSize: 20 });
  const objects = await fill(runs(800));
  const writes = countWrites(oss);
  let told = '';
  let sleeps = 0;
  let report: JobReport | undefined;
  for (const task of plainFirst) {
    const team = workers(2);
    const leader = leading(task);
    await leader.begun();
    const [sleeper] = team.running;
    for (let times = 0; times < 3 && !leader.isOver(); times++) {
      await sleep(3000);
      sleeper?.child.kill('SIGSTOP');
      sleeps++;
      await sleep(2.5 * lockMs);
      sleeper?.child.kill('SIGCONT');
    }
    report = await leader.report;
    await sleep(lockMs);
    told += sleeper?.output.text;
    await team.stop();
    expect(team.deaths).toBe(0);
  }
  await expectDone(objects, report as JobReport, writes, sleeps * atOnce);
  expect(told).toContain('taken by another process');
});

/** What becomes of Redis while a job is under way. */
const harms: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['is emptied', () => redis.command('flushall')],
  ['dies, and comes again with its file', () => restart(500)],
  ['dies, and has lost its file', () => restart(500, 'appendonlydir')],
  ['is away for longer than a lock lasts', () => restart(2 * lockMs)],
  [
    'has no memory left for a while',
    async () => {
      await redis.command('config', 'set', 'maxmemory', '1');
      await sleep(2 * lockMs);
      await redis.command('config', 'set', 'maxmemory', '0');
    },
  ],
];

async function restart(afterMs: number, lost?: string): Promise<void> {
  await redis.kill();
  if (lost !== undefined) await rm(join(redis.folder, lost), { recursive: true });
  await sleep(afterMs);
  await redis.start();
}

it('a job is done whatever becomes of Redis', { timeout: 900_000 }, async () => {
  await startRedisWith(true);
  await configure({ ossPerSecond: runs(400), pageSize: 10 });
  const objects = await fill(runs(600));
  const writes = countWrites(oss);
  const team = workers(3);
  const done: string[] = [];
  let report: JobReport | undefined;
  for (const task of plainFirst) {
    const leader = leading(task);
    await leader.begun();
    // Each once: who is disturbed at every step never comes to an end.
    for (const last = done.length + harms.length; !leader.isOver() && done.length < last; ) {
      await sleep(2000);
      const [name, harm] = harms[done.length % harms.length] as (typeof harms)[number];
      if (leader.isOver()) break;
      await harm();
      done.push(name);
    }
    report = await leader.report;
  }
  await team.stop();
  expect(new Set(done).size).toBeGreaterThanOrEqual(3);
  expect(team.deaths).toBe(0);
  // Each time a few objects of each range may be done twice: by who lost it, and by who got it.
  await expectDone(objects, report as JobReport, writes, done.length * 3 * atOnce);
});

it.each<readonly [string, () => Promise<unknown>]>([
  ['died before it answered', () => redis.kill()],
  ['answers no more', async () => {}],
  ['comes again', () => restart(0)],
])('processes that are told to end when Redis %s do end', { timeout: 300_000 }, async (_what, harm) => {
  await startRedisWith(true);
  await configure({ ossPerSecond: 400, pageSize: 10 });
  await fill(300);
  const team = workers(6);
  const leader = leading('encrypt');
  const led = leader.report.catch((error) => String(error));
  await leader.begun();
  await sleep(500);
  // What they ask for now is on its way when it dies.
  process.kill(redis.pid, 'SIGSTOP');
  await sleep(2000);
  await harm();
  let hasStopped = false;
  leader.child.kill('SIGTERM');
  const stopping = Promise.all([team.stop(), led]).then(() => {
    hasStopped = true;
  });
  await expect.poll(() => hasStopped, { timeout: 10 * lockMs }).toBe(true);
  await stopping;
  expect(await led).toContain('told to end');
  expect(team.deaths).toBe(0);
});

it('an object at which processes die is set apart, however often that was', {
  timeout: 600_000,
}, async () => {
  await startRedisWith(true);
  const objects = await fill(120);
  const { key } = objects[61] as MixedObject;
  await configure({ poisonKey: key, pageSize: 10 });
  const team = workers(2);
  const report = await lead('reencrypt');
  await team.stop();
  // One death of many objects, then three of which it is known at which.
  expect(team.deaths).toBeGreaterThanOrEqual(4);
  expect(team.deaths).toBeLessThanOrEqual(8);
  expect(report).toMatchObject({
    isComplete: true,
    isBalanced: true,
    tally: { failed: 1, byFailure: { ERR_SET_APART: 1 } },
  });
});
