import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import OSS from 'ali-oss';
import ts from 'typescript';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
let folder: string;

// The command runs on its own in a fresh process, so its sources are turned into JavaScript first.
beforeAll(async () => {
  await mkdir(join(root, 'node_modules'), { recursive: true });
  folder = await mkdtemp(join(root, 'node_modules', '.oss-local-'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const source = join(root, 'src');
  const names = await readdir(source, { recursive: true });
  for (const name of names.filter((file) => file.endsWith('.ts'))) {
    const { outputText } = ts.transpileModule(await readFile(join(source, name), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    });
    const target = join(folder, name.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
  const command = await readFile(join(root, 'bin', 'oss-local.js'), 'utf8');
  await writeFile(join(folder, 'command.js'), command.replace('../dist/esm/', './'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [join(folder, 'command.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function outcome(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  const exited = once(child, 'exit');
  const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  const [code] = (await exited) as [number | null];
  return { code, out, err };
}

test('--help', async () => {
  const { code, out, err } = await outcome(run('--help'));
  expect([code, err]).toEqual([0, '']);
  for (const option of [
    '--port',
    '--dir',
    '--bucket',
    '--region',
    '--access-key-id',
    '--access-key-secret',
  ]) {
    expect(out).toContain(option);
  }
});

/** The options that are printed for a client, as a program that pastes them has them. */
function pasted(printed: string, client = 'new OSS'): OSS.Options {
  const literal = new RegExp(`${client}\\((\\{[\\s\\S]*?\\})\\)`).exec(printed)?.[1];
  return new Function(`return ${literal}`)() as OSS.Options;
}

test('--help shows settings that can be pasted, the secret too', async () => {
  const { out } = await outcome(run('--help'));
  expect(pasted(out)).toEqual({
    endpoint: 'http://localhost:9000',
    sldEnable: true,
    region: 'oss-cn-hangzhou',
    bucket: 'photos',
    accessKeyId: 'local-access-key-id',
    accessKeySecret: 'local-access-key-secret',
  });
  expect(pasted(out, 'fetchTransport')).toEqual({
    endpoint: 'http://localhost:9000',
    region: 'cn-hangzhou',
    bucket: 'photos',
    credentials: { accessKeyId: 'local-access-key-id', accessKeySecret: 'local-access-key-secret' },
  });
});

/** Waits until the command says that it serves; gives what it printed. */
async function served(child: ChildProcess): Promise<string> {
  let printed = '';
  let failed = '';
  child.stderr!.on('data', (chunk) => {
    failed += String(chunk);
  });
  await new Promise<void>((ready, reject) => {
    child.stdout!.on('data', (chunk) => {
      printed += String(chunk);
      if (printed.includes('Ctrl-C')) ready();
    });
    child.once('exit', () => reject(new Error(failed)));
  });
  return printed;
}

test('what it prints can be pasted, and works', async () => {
  const printed = await served(run('--port', '0', '--bucket', 'photos'));
  expect(printed).toContain('constants');
  const client = new OSS({ ...pasted(printed), authorizationV4: true } as OSS.Options);
  await client.put('k', Buffer.from('kept'));
  expect((await client.get('k')).content.toString()).toBe('kept');
});

test.each([
  [['--nonsense'], /--nonsense/],
  [['--port', 'x'], /--port must be a number/],
  [['--port', '70000'], /--port must be a number/],
])('%j is refused with status 2', async (args, message) => {
  const { code, err } = await outcome(run(...args));
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test('a bucket name that is not valid', async () => {
  const { code, err } = await outcome(run('--port', '0', '--bucket', 'Not Valid'));
  expect(code).toBe(1);
  expect(err).toMatch(/^oss-local: a bucket name has 3 to 63 characters/);
});

test('a port in use is said clearly', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  const { code, err } = await outcome(run('--port', String(port)));
  blocker.close();
  expect(code).toBe(1);
  expect(err).toBe(
    `oss-local: port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another --port\n`,
  );
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'serves ali-oss as it says, and ends cleanly on %s',
  async (signal) => {
    const dir = join(folder, 'data');
    const args = ['--port', '0', '--dir', dir, '--bucket', 'photos', '--region', 'cn-beijing'];
    const child = run(...args, '--access-key-id', 'me', '--access-key-secret', 'mine');
    const exited = once(child, 'exit');
    let failed = '';
    child.stderr!.on('data', (chunk) => {
      failed += String(chunk);
    });
    const printed = await served(child);
    const endpoint = /http:\/\/localhost:\d+/.exec(printed)?.[0];
    expect(printed).toContain(`endpoint: '${endpoint}'`);
    expect(printed).toContain('sldEnable: true');
    expect(printed).toContain("region: 'oss-cn-beijing'");
    expect(printed).not.toContain('mine');
    const client = new OSS({
      endpoint,
      sldEnable: true,
      region: 'oss-cn-beijing',
      bucket: 'photos',
      accessKeyId: 'me',
      accessKeySecret: 'mine',
      authorizationV4: true,
    } as unknown as OSS.Options);
    if (signal === 'SIGINT') await client.put('k', Buffer.from('kept'));
    expect((await client.get('k')).content.toString()).toBe('kept');
    child.kill(signal);
    expect([await exited, failed]).toEqual([[0, null], '']);
  },
);
