import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { useWorkplace } from './program.js';

const place = useWorkplace();
const execute = promisify(execFile);
const key = ['--secret-file', 's.key'];

beforeAll(async () => {
  const made = await place().run(['keygen', 'aes', 's.key']);
  expect(made, made.err).toMatchObject({ code: 0 });
});

const put = (name: string, input: string | Buffer, ...args: readonly string[]) =>
  place().run(['cp', ...key, ...args, '-', `oss://photos/${name}`], { input });

type Child = ReturnType<ReturnType<typeof place>['start']>;

async function endOf(child: Child): Promise<{ readonly code: number | null; readonly err: string }> {
  const closed = once(child, 'close');
  const err = await text(child.stderr);
  const [code] = (await closed) as [number | null];
  return { code, err };
}

async function until(isSo: () => boolean | Promise<boolean>, child: Child): Promise<void> {
  while (!(await isSo()) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
}

const partsIn = async (folder: string) =>
  (await readdir(place().path(folder))).filter((name) => name.endsWith('.part'));
const lastRecord = (out: string) => JSON.parse(out.trimEnd().split('\n').at(-1) as string) as object;

describe('JSON', () => {
  it('has a line for a command line that cannot be read', async () => {
    const { code, out, err } = await place().run(['ls', '--frob', 'oss://photos/', '--output', 'json']);
    expect([code, JSON.parse(out)]).toEqual([
      2,
      { status: 'failed', error: { code: 'ERR_USAGE', message: "unknown option '--frob'" } },
    ]);
    expect(err).toContain("unknown option '--frob'");
  });

  it('of printed content is on standard error, and nothing but content is on standard output', async () => {
    await put('short', 'seize the day');
    for (const args of [
      ['cat', 'oss://photos/short'],
      ['cp', 'oss://photos/short', '-'],
    ]) {
      const { code, out, err } = await place().run([...args, ...key, '--output', 'json']);
      expect([code, out, lastRecord(err)]).toEqual([
        0,
        'seize the day',
        { place: 'oss://photos/short', status: 'ok', sizeBytes: 13, authenticated: true },
      ]);
    }
    for (const [args, code, error] of [
      [['cp', 'oss://photos/none', '-'], 3, 'ERR_SERVICE'],
      [['cat', 'oss://photos/'], 2, 'ERR_USAGE'],
      [['cat', '--frob', 'oss://photos/short'], 2, 'ERR_USAGE'],
    ] as const) {
      const ended = await place().run([...args, ...key, '--output=json']);
      expect(ended.code).toBe(code);
      expect(ended.out).toBe('');
      expect(lastRecord(ended.err)).toMatchObject({ status: 'failed', error: { code: error } });
    }
  });
});

describe('a reader that goes away', () => {
  /** Runs the program with a standard output that nobody reads. */
  async function unread(args: readonly string[], closeAfterData = false) {
    const child = place().start(args);
    if (closeAfterData) child.stdout.once('data', () => child.stdout.destroy());
    else child.stdout.destroy();
    return endOf(child);
  }

  it('ends cat and ls quietly', async () => {
    await put('long', Buffer.alloc(5_000_000, 'a'));
    expect(await unread(['cat', ...key, 'oss://photos/long'], true)).toEqual({ code: 0, err: '' });
    expect(await unread(['ls', 'oss://photos/'])).toEqual({ code: 0, err: '' });
  });

  it('does not end work that has another purpose, whose status stays true', async () => {
    for (const name of ['unread/a', 'unread/b', 'unread/c']) await put(name, Buffer.alloc(1000, 7));
    await place().oss.corruptByte('photos', 'unread/c', 100);
    const verified = await unread(['verify', ...key, '--concurrency', '1', 'oss://photos/unread/']);
    expect([verified.code, verified.err]).toEqual([7, expect.stringContaining('2 done, 1 failed')]);
    const fetched = await unread(['cp', '-r', ...key, 'oss://photos/unread/', 'unread']);
    expect(fetched.code, fetched.err).toBe(7);
    expect((await readdir(place().path('unread'))).sort()).toEqual(['a', 'b']);
  });

  it('is no disk that is full, which is told in a line', async () => {
    await put('filling', Buffer.alloc(300_000, 'a'));
    for (const args of ['cat --secret-file s.key oss://photos/filling', 'ls oss://photos/']) {
      const command = `"${place().node}" "${place().program}" ${args} >/dev/full`;
      const child = spawn('bash', ['-c', command], { cwd: place().folder, env: place().environment });
      const closed = once(child, 'close');
      const err = await text(child.stderr);
      expect([(await closed)[0], err]).toEqual([
        1,
        'oss-envelope: standard output cannot be written to (ENOSPC).\n',
      ]);
    }
  });
});

describe('an interruption', () => {
  it('ends a program whose output nobody takes', async () => {
    await put('unending', Buffer.alloc(5_000_000, 'a'));
    const child = place().start(['cat', ...key, 'oss://photos/unending']);
    await once(child.stdout, 'readable');
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    child.stdout.destroy();
    expect(code).toBe(130);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s, even twice, leaves no temporary file',
    async (name) => {
      await mkdir(place().path(`left ${name}`));
      await put('stalling', Buffer.alloc(3_000_000, 'a'));
      const fault = place().oss.faults.add({
        kind: 'stall-response',
        afterBytes: 1_000_000,
        match: { operation: 'GetObject', key: 'stalling' },
      });
      const target = `left ${name}/copy`;
      const child = place().start(['cp', ...key, 'oss://photos/stalling', target, '--output', 'json']);
      await until(async () => (await partsIn(`left ${name}`)).length > 0, child);
      const out = text(child.stdout);
      child.kill(name);
      child.kill(name);
      const { code, err } = await endOf(child);
      fault.remove();
      expect(code, err).toBe(130);
      expect(JSON.parse(await out)).toMatchObject({
        status: 'interrupted',
        error: { code: 'ERR_INTERRUPTED' },
        isCheckpointKept: false,
      });
      expect(await readdir(place().path(`left ${name}`))).toEqual([]);
    },
  );

  it('ends presign while it encrypts, and leaves no body', async () => {
    await mkdir(place().path('presigned'));
    await execute('mkfifo', ['endless'], { cwd: place().folder });
    const writer = spawn('bash', ['-c', 'exec 3> endless; echo a >&3; sleep 30'], { cwd: place().folder });
    try {
      const args = ['presign', ...key, '--put', 'endless', '--body', 'presigned/b\nc', 'oss://photos/x'];
      const child = place().start(args);
      await until(async () => (await partsIn('presigned')).length > 0, child);
      child.kill('SIGINT');
      expect(await endOf(child)).toMatchObject({ code: 130 });
      expect(await readdir(place().path('presigned'))).toEqual([]);
    } finally {
      writer.kill();
    }
    await writeFile(place().path('body'), 'seize the day');
    const args = ['presign', ...key, '--put', 'body', '--body', 'presigned/b\nc', 'oss://photos/x'];
    expect((await place().run(args)).err).toContain('presigned/b\\nc');
  });

  it('keeps what a large transfer of a folder has done, says so, and the same command goes on', async () => {
    const bytes = randomBytes(40 * 1024 * 1024);
    await mkdir(place().path('tree'));
    await writeFile(place().path('tree/large'), bytes);
    const { oss } = place();
    oss.requests.clear();
    const args = ['cp', '-r', ...key, 'tree', 'oss://photos/tree'];
    const parts = () => oss.requests.list().filter(({ operation }) => operation === 'UploadPart').length;
    const child = place().start([...args, '--output', 'json']);
    const out = text(child.stdout);
    await until(() => parts() >= 2, child);
    child.kill('SIGINT');
    const { code, err } = await endOf(child);
    expect(code, err).toBe(130);
    expect(err).toContain('run the same command again');
    expect(JSON.parse(await out)).toMatchObject({ status: 'interrupted', isCheckpointKept: true });
    const before = parts();
    const again = await place().run(args);
    expect(again.code, again.err).toBe(0);
    expect(parts() - before).toBeLessThan(Math.ceil(bytes.length / (1024 * 1024)));
    const down = await place().run(['cp', ...key, 'oss://photos/tree/large', 'large.copy']);
    expect(down.code, down.err).toBe(0);
    const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');
    expect(sha256(await readFile(place().path('large.copy')))).toBe(sha256(bytes));
  });
});

test('an input that is a folder is no empty object', async () => {
  const command = `"${place().node}" "${place().program}" cp ${key.join(' ')} - oss://photos/of-a-folder < .`;
  const child = spawn('bash', ['-c', command], { cwd: place().folder, env: place().environment });
  const closed = once(child, 'close');
  const err = await text(child.stderr);
  expect([(await closed)[0], err]).toEqual([2, expect.stringContaining('is a folder')]);
  expect(place().oss.hasObject('photos', 'of-a-folder')).toBe(false);
});

test('an input that stays open does not hold a program that is to end', async () => {
  const child = place().start(['cp', ...key, '-', 'oss://no-such-bucket/x']);
  child.stdin.on('error', () => {});
  child.stdin.write(Buffer.alloc(30_000_000));
  expect(await endOf(child)).toMatchObject({ code: 3 });
  const waiting = place().start(['cp', ...key, '-', 'oss://photos/x']);
  waiting.stdin.write('a');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  waiting.kill('SIGINT');
  expect(await endOf(waiting)).toMatchObject({ code: 130 });
});

test('bash completes commands and flags, and evaluates nothing of what was typed', async () => {
  await mkdir(place().path('completing'));
  await promisify(execFile)('ln', ['-s', place().program, 'completing/oss-envelope'], {
    cwd: place().folder,
  });
  await promisify(execFile)('ln', ['-s', place().node, 'completing/node'], { cwd: place().folder });
  const script = `source <(oss-envelope complete bash)
complete_line() { COMP_LINE=$1 COMP_POINT=\${#1}; _oss_envelope_complete; echo "\${COMPREPLY[@]}"; }
complete -p oss-envelope >/dev/null || exit 1
complete_line 'oss-envelope re'
complete_line 'oss-envelope cp --forb'
complete_line 'oss-envelope cp --key-fo'
complete_line 'oss-envelope jobs start --kms-r'
complete_line 'oss-envelope cat $(touch evaluated) --ra'`;
  const env = { ...place().environment, PATH: `${place().path('completing')}:${process.env.PATH}` };
  const { stdout } = await execute('bash', ['--norc', '-c', script], { cwd: place().folder, env });
  expect(stdout.trimEnd().split('\n')).toEqual([
    'rewrap',
    '--forbid-overwrite',
    '--key-folder',
    '--kms-rate',
    expect.any(String),
  ]);
  expect(await readdir(place().folder)).not.toContain('evaluated');
  for (const shell of ['zsh', 'fish']) {
    expect((await place().run(['complete', shell])).out).toContain('oss-envelope');
  }
});

test('a local service whose port is taken ends, and says which flag names another', async () => {
  const taken = new URL(place().kms.url).port;
  for (const [flag, other] of [
    ['--kms-port', '--port'],
    ['--port', '--kms-port'],
  ] as const) {
    const child = place().start(['local', flag, taken, other, '0']);
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const { code, err } = await endOf(child);
    clearTimeout(timer);
    expect([code, err]).toEqual([2, expect.stringContaining(`Give ${flag} with another one`)]);
  }
});

test('what a local service prints can be pasted, and all of it works', async () => {
  const child = place().start(['local', '--port', '0', '--kms-port', '0', '--bucket', 'pasted']);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  await until(() => printed.includes('kms.txt'), child);
  await mkdir(place().path('bin'), { recursive: true });
  const program = `#!/bin/sh\nexec "${place().node}" "${place().program}" "$@"\n`;
  await writeFile(place().path('bin/oss-envelope'), program, { mode: 0o755 });
  const env = { PATH: `${place().path('bin')}:${process.env.PATH}`, HOME: place().folder };
  const pasted = printed.slice(printed.indexOf('export '));
  const { stdout } = await execute('bash', ['--norc', '-ec', pasted], { cwd: place().folder, env });
  expect(stdout).toContain('seize the day');
  expect(stdout).toContain('oss://pasted/by-kms.txt');
  child.kill('SIGINT');
  expect(await endOf(child)).toMatchObject({ code: 0 });
  const unnamed = await place().run(['local', '--bucket', 'Not_A_Name', '--port', '0', '--kms-port', '0']);
  expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining('--bucket')]);
});

test('what is no file is never replaced by one', async () => {
  await put('to a link', 'x');
  await writeFile(place().path('in'), 'x');
  // As /dev/stdout is one where output goes to a file.
  const toFile = (args: string) =>
    execute('bash', ['-c', `"${place().node}" "${place().program}" ${args} ${key.join(' ')} >printed`], {
      cwd: place().folder,
      env: place().environment,
    }).then(
      () => 0,
      (error: { readonly code: number }) => error.code,
    );
  await execute('mkfifo', ['fifo'], { cwd: place().folder });
  expect(await toFile('presign --put in --body fifo oss://photos/x')).toBe(2);
  expect((await lstat(place().path('fifo'))).isFIFO()).toBe(true);
  const linkedTo = await readlink('/dev/stdout');
  try {
    for (const args of [
      "cp 'oss://photos/to a link' /dev/stdout",
      'presign --put in --body /dev/stdout oss://photos/x',
    ]) {
      expect(await toFile(args)).toBe(2);
      expect(await readlink('/dev/stdout')).toBe(linkedTo);
    }
  } finally {
    // Who has all rights would have lost it.
    await execute('bash', ['-c', `[ -L /dev/stdout ] || ln -sfn "${linkedTo}" /dev/stdout`]);
  }
  const noFile = await place().run(['presign', '--body', 'out', 'oss://photos/x']);
  expect([noFile.code, noFile.err]).toEqual([2, expect.stringContaining('--put FILE')]);
});
