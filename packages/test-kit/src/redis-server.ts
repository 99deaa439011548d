import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const usualPlaces = [
  '/usr/bin/redis-server',
  '/usr/local/bin/redis-server',
  '/opt/homebrew/bin/redis-server',
];

/** The path of Redis, which is installed where it is missing and this is root on Debian. @throws otherwise */
export function installRedis(): string {
  const find = (): string | undefined =>
    process.env.REDIS_SERVER_PATH || usualPlaces.find((path) => existsSync(path));
  const found = find();
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0) {
    throw new Error(
      'There is no redis-server. Install it (on Debian: apt-get install redis-server), or set REDIS_SERVER_PATH.',
    );
  }
  // Another test file may be doing the same.
  const patience = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', 'redis-server']]) {
    const { status, stderr } = spawnSync('apt-get', [...patience, ...args], { env, encoding: 'utf8' });
    if (status !== 0 && args[0] === 'install')
      throw new Error(`redis-server could not be installed: ${stderr}`);
  }
  const installed = find();
  if (installed === undefined)
    throw new Error('apt-get installed redis-server, and it is in none of the usual places.');
  return installed;
}

/** A Redis of a test, with a folder of its own. */
export interface LocalRedis {
  readonly url: string;
  readonly folder: string;
  /** The process, while it runs. */
  readonly pid: number;
  /** What a command answers, as redis-cli prints it. */
  command(...args: string[]): Promise<string>;
  /** SIGKILL. What is not in its append-only file is gone. */
  kill(): Promise<void>;
  /** Starts again, on the same port and folder. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** How a Redis of a test is set up. */
export interface LocalRedisOptions {
  /** Whether each write is on disk before it is answered. */
  readonly appendOnly?: boolean;
  /** More settings, as its command line has them. */
  readonly settings?: readonly string[];
}

/** Starts Redis on a free port of loopback. @throws when it does not start */
export async function startRedis({
  appendOnly = false,
  settings = [],
}: LocalRedisOptions = {}): Promise<LocalRedis> {
  const program = installRedis();
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const command = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      join(program, '../redis-cli'),
      ['-p', String(port), ...args],
      {
        maxBuffer: 1 << 28,
      },
    );
    return stdout.trimEnd();
  };
  const start = async (): Promise<void> => {
    const files = [
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      appendOnly ? 'yes' : 'no',
      '--appendfsync',
      'always',
    ];
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--loglevel', 'warning'];
    const started = spawn(program, [...place, ...files, ...settings], { stdio: 'ignore' });
    child = started;
    for (let tries = 0; ; tries++) {
      if (started.exitCode !== null) throw new Error(`redis-server ended with ${started.exitCode}`);
      if ((await command('ping').catch(() => '')) === 'PONG') return;
      if (tries > 200) throw new Error('redis-server does not answer');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const kill = async (): Promise<void> => {
    const ending = child;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    folder,
    get pid() {
      return child?.pid as number;
    },
    command,
    kill,
    start,
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
