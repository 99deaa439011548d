import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { type LocalRedis, startRedis } from '@oss-envelope/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const traces = new URL('../support/programs/traces-to-file.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('../../packages/cli/bin/oss-envelope.js', import.meta.url));
const keys = [
  '--key-folder',
  'new',
  '--description',
  'key=2027',
  '--other-key',
  'old/.private_key.pem#key=2026',
];

let oss: LocalOss;
let redis: LocalRedis;
let folder: string;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  oss = await startOss({ buckets: ['photos'] });
  redis = await startRedis({ appendOnly: true });
  folder = await mkdtemp(join(tmpdir(), 'jobs-'));
}, 120_000);
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await redis?.close();
  await oss.close();
  await rm(folder, { recursive: true, force: true });
});

function start(...args: readonly string[]): ChildProcess & {
  readonly stdout: NonNullable<ChildProcess['stdout']>;
  readonly stderr: NonNullable<ChildProcess['stderr']>;
} {
  const { PATH } = process.env;
  return spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH,
      HOME: folder,
      OSS_ENDPOINT: oss.endpoint,
      OSS_REGION: oss.region,
      OSS_ACCESS_KEY_ID: defaultOssAccount.accessKeyId,
      OSS_ACCESS_KEY_SECRET: defaultOssAccount.accessKeySecret,
      OSS_ENVELOPE_REDIS_URL: redis.url,
      TRACES_FILE: join(folder, 'traces'),
      ...(args.includes('--telemetry') && { NODE_OPTIONS: `--import ${traces}` }),
    },
  }) as never;
}

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const child = start(...args);
  const [[code], out, err] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code: code as number, out, err };
}

it('one leads and two work, over Redis, by the command line alone', { timeout: 300_000 }, async () => {
  for (const name of ['old', 'new']) await run('keygen', 'rsa', name, '--bits', '2048');
  for (let index = 0; index < 200; index++) {
    await oss.putObject('photos', `k/${index}`, new TextEncoder().encode(`content ${index}`));
  }
  const encrypted = await run(
    'jobs',
    'start',
    '--yes',
    '--task',
    'encrypt',
    '--folder',
    'here',
    ...keys.slice(0, 4),
    'oss://photos/k/0',
  );
  expect(encrypted.code, encrypted.err).toBe(0);

  const ended = [1, 2].map(() => {
    const worker = start('jobs', 'work', '--redis', redis.url, '--telemetry', ...keys, 'oss://photos');
    workers.push(worker);
    worker.stdout.resume();
    return Promise.all([once(worker, 'close'), text(worker.stderr)]);
  });
  const led = await run(
    'jobs',
    'start',
    '--yes',
    '--output',
    'json',
    '--task',
    'encrypt',
    ...keys,
    'oss://photos',
    '--telemetry',
    '--redis',
  );
  expect(led.code, led.err).toBe(0);
  expect(JSON.parse(led.out)).toMatchObject({
    status: 'complete',
    isBalanced: true,
    tally: { done: 199, failed: 0, byFormat: { sealed: 200 } },
  });
  const names = await readFile(join(folder, 'traces'), 'utf8');
  expect(names).toContain('addBulk {oss-envelope}-photos');
  expect(names).toContain('process {oss-envelope}-photos');
  const status = await run(
    'jobs',
    'status',
    'oss://photos/.oss-envelope/jobs/encrypt-photos',
    '--output',
    'json',
  );
  expect(JSON.parse(status.out)).toMatchObject({ status: 'complete', holes: 0 });
  expect((await run('cat', ...keys, 'oss://photos/k/77')).out).toBe('content 77');

  for (const worker of workers) worker.kill('SIGTERM');
  for (const [[code], errors] of await Promise.all(ended)) {
    expect(errors).not.toMatch(/secret|PRIVATE/);
    expect([0, 130]).toContain(code);
  }
});
