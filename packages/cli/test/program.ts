import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import {
  defaultOssAccount,
  type LocalKms,
  type LocalOss,
  startKms,
  startOss,
} from '@oss-envelope/local-cloud';
import { afterAll, beforeAll } from 'vitest';

/** How a run of the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly bytes: Buffer;
  readonly err: string;
}

/** The Node that runs the program: this one, or another one by its path, so that the whole session is held on both. */
const node = process.env.OSS_ENVELOPE_TEST_NODE ?? process.execPath;

/** The program as it is published, alone in an empty folder, with a local OSS and KMS beside it. */
export class Workplace {
  readonly folder: string;
  readonly oss: LocalOss;
  readonly kms: LocalKms;

  constructor(folder: string, oss: LocalOss, kms: LocalKms) {
    this.folder = folder;
    this.oss = oss;
    this.kms = kms;
  }

  get environment(): NodeJS.ProcessEnv {
    const { PATH } = process.env;
    return {
      PATH,
      HOME: this.folder,
      OSS_ENDPOINT: this.oss.endpoint,
      OSS_REGION: this.oss.region,
      OSS_ACCESS_KEY_ID: defaultOssAccount.accessKeyId,
      OSS_ACCESS_KEY_SECRET: defaultOssAccount.accessKeySecret,
    };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  get node(): string {
    return node;
  }

  get program(): string {
    return this.path('program/bin/oss-envelope.js');
  }

  /** Starts the program, for tests that do something while it runs. */
  start(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    return spawn(node, [this.program, ...args], {
      cwd: this.folder,
      env: { ...this.environment, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** Runs the program to its end. */
  async run(
    args: readonly string[],
    {
      input = '',
      environment = {},
    }: { readonly input?: string | Buffer; readonly environment?: NodeJS.ProcessEnv } = {},
  ): Promise<Ended> {
    const child = this.start(args, environment);
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const closed = once(child, 'close');
    const [bytes, err] = await Promise.all([buffer(child.stdout), text(child.stderr)]);
    const [code] = (await closed) as [number | null];
    return { code, bytes, out: bytes.toString('utf8'), err };
  }

  /** The lines of JSON that a run has printed. */
  async json(args: readonly string[]): Promise<readonly Record<string, unknown>[]> {
    const { out } = await this.run([...args, '--output', 'json']);
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** Puts what is published of the package, and nothing else of it, into a folder. */
async function unpack(folder: string): Promise<void> {
  const source = resolve(import.meta.dirname, '..');
  const { files } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { files: string[] };
  for (const name of [...files, 'package.json']) {
    await cp(join(source, name), join(folder, 'program', name), { recursive: true });
  }
}

/** A workplace for the tests of a file. */
export function useWorkplace(): () => Workplace {
  let workplace: Workplace;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-cli-'));
    await unpack(folder);
    const oss = await startOss({ buckets: ['photos'] });
    const kms = await startKms({ accounts: [{ ...defaultOssAccount }] });
    workplace = new Workplace(folder, oss, kms);
  });
  afterAll(async () => {
    await workplace.oss.close();
    await workplace.kms.close();
    await rm(workplace.folder, { recursive: true, force: true });
  });
  return () => workplace;
}
