import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { spawn } from '@lydell/node-pty';
import terminals from '@xterm/headless';
import { expect, test } from 'vitest';
import { useWorkplace, type Workplace } from './program.js';

const place = useWorkplace();

/** What is typed when the screen shows something. */
interface Typing {
  readonly prompt: string;
  readonly answer: string;
}

/** Runs the program on a real terminal, and types each of several answers once. */
async function onTerminal(
  { folder, node, program, environment }: Workplace,
  args: readonly string[],
  typing: Typing | readonly Typing[] = [],
  more: NodeJS.ProcessEnv = {},
): Promise<{ readonly screen: string; readonly code: number }> {
  const env = { ...environment, TERM: 'xterm-256color', ...more } as Record<string, string>;
  const terminal = spawn(node, [program, ...args], { cols: 100, rows: 30, cwd: folder, env });
  let screen = '';
  const left = [typing].flat();
  terminal.onData((data) => {
    screen += data;
    const [next] = left;
    if (next === undefined || !screen.includes(next.prompt)) return;
    left.shift();
    terminal.write(['\x03', '\x04'].includes(next.answer) ? next.answer : `${next.answer}\r`);
  });
  const { exitCode } = await new Promise<{ exitCode: number }>((resolve) => terminal.onExit(resolve));
  return { screen, code: exitCode };
}

test('a passphrase is asked for, and not shown', async () => {
  await writeFile(place().path('pass'), 'correct horse\n', { mode: 0o600 });
  const made = await place().run(['keygen', 'rsa', 'locked', '--bits', '2048', '--passphrase-file', 'pass']);
  expect(made.code, made.err).toBe(0);
  await writeFile(place().path('motto'), 'seize the day');
  const typing = { prompt: 'Passphrase of locked', answer: 'correct horse' };
  const put = await onTerminal(
    place(),
    ['cp', '--key-folder', 'locked', 'motto', 'oss://photos/motto'],
    typing,
  );
  expect(put.code, put.screen).toBe(0);
  expect(put.screen).not.toContain('correct horse');
  const wrong = await onTerminal(place(), ['cat', '--key-folder', 'locked', 'oss://photos/motto'], {
    ...typing,
    answer: 'wrong',
  });
  expect(wrong.code, wrong.screen).toBe(6);
});

test('of several keys one passphrase is asked for after the other', async () => {
  const keyless = await place().run(['keygen', 'rsa', 'keyless', '--bits', '2048']);
  expect(keyless.code, keyless.err).toBe(0);
  for (const name of ['first', 'second']) {
    await writeFile(place().path(`${name} pass`), `${name} horse\n`, { mode: 0o600 });
    const passphrase = ['--bits', '2048', '--passphrase-file', `${name} pass`];
    const made = await place().run(['keygen', 'rsa', name, ...passphrase]);
    expect(made.code, made.err).toBe(0);
  }
  const main = ['--key', 'second/.public_key.pem', '--description', 'of=second'];
  const put = await place().run(['cp', ...main, '-', 'oss://photos/of-second'], { input: 'seize the day' });
  expect(put.code, put.err).toBe(0);
  const others = ['first', 'second'].flatMap((name) => [
    '--other-key',
    `${name}/.private_key.pem#of=${name}`,
  ]);
  const { screen, code } = await onTerminal(
    place(),
    ['verify', '--key', 'keyless/.public_key.pem', ...others, 'oss://photos/of-second'],
    ['first', 'second'].map((name) => ({ prompt: `Passphrase of ${name}`, answer: `${name} horse` })),
  );
  expect(code, screen).toBe(0);
});

test.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
])('%s instead of a passphrase interrupts the program', async (_, answer) => {
  await writeFile(place().path('pass'), 'correct horse\n', { mode: 0o600 });
  const folder = `asked ${answer.charCodeAt(0)}`;
  const made = await place().run(['keygen', 'rsa', folder, '--bits', '2048', '--passphrase-file', 'pass']);
  expect(made.code, made.err).toBe(0);
  const { screen, code } = await onTerminal(
    place(),
    ['cat', '--key-folder', folder, 'oss://photos/motto', '--output', 'json'],
    { prompt: 'Passphrase of', answer },
  );
  expect(code, screen).toBe(130);
  expect(screen).toContain('Interrupted. Nothing half-written was left.');
  expect(screen).toContain('"code":"ERR_INTERRUPTED"');
});

test('a transfer shows a bar on a terminal, none elsewhere, and no colour where NO_COLOR is set', async () => {
  const made = await place().run(['keygen', 'aes', 'secret']);
  expect(made.code, made.err).toBe(0);
  await writeFile(place().path('large'), randomBytes(8_000_000));
  const args = ['cp', '--secret-file', 'secret', 'large', 'oss://photos/large'];
  const shown = await onTerminal(place(), args);
  expect(shown.code, shown.screen).toBe(0);
  expect(shown.screen).toMatch(/large \[[^\]]+\] [\d.]+ MiB/);
  expect((await place().run(args)).err).toBe('');

  const failing = ['cat', '--secret-file', 'secret', 'oss://photos/none'];
  expect((await onTerminal(place(), failing)).screen).toContain('\x1b[31moss-envelope');
  expect((await onTerminal(place(), failing, undefined, { NO_COLOR: '1' })).screen).not.toContain('\x1b[31m');
});

/** The lines that people see in the end, by a terminal of 100 columns that does what it is told. */
async function seen(screen: string): Promise<readonly string[]> {
  const terminal = new terminals.Terminal({ cols: 100, rows: 30, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(screen, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, row) =>
    active.getLine(row)?.translateToString(true),
  );
  return lines.filter((line): line is string => line !== undefined && line !== '');
}

test('all results and failures stay readable on a terminal that has shown a bar, and nothing of the bar stays', async () => {
  const { folder, run } = {
    folder: place().path('bars'),
    run: (...args: string[]) => onTerminal(place(), [...args, '--secret-file', 'bars.key']),
  };
  for (const name of ['bars.key', 'other.key'])
    expect((await place().run(['keygen', 'aes', name])).code).toBe(0);
  await mkdir(folder);
  for (const name of ['a', 'b', 'c']) await writeFile(`${folder}/${name}`, randomBytes(3_000_000));

  const single = await run('cp', 'bars/a', 'oss://photos/bars/a');
  expect(single.screen).toContain(' MiB  ');
  expect(await seen(single.screen)).toEqual(['bars/a -> oss://photos/bars/a  2.9 MiB']);
  const back = await run('cp', 'oss://photos/bars/a', 'a.copy');
  expect(await seen(back.screen)).toEqual(['oss://photos/bars/a -> a.copy  2.9 MiB']);
  const stored = await run('cp', '-r', 'bars', 'oss://photos/bars/');
  expect([...(await seen(stored.screen))].sort()).toEqual([
    '3 done, 0 failed.',
    ...['a', 'b', 'c'].map((name) => `bars/${name} -> oss://photos/bars/${name}  2.9 MiB`),
  ]);

  const other = ['cp', '--secret-file', 'other.key', '-', 'oss://photos/bars/b'];
  expect((await place().run(other, { input: 'x' })).code).toBe(0);
  for (const [words, line] of [
    [
      ['verify', 'oss://photos/bars/'],
      (name: string) => `ok    oss://photos/bars/${name}  2.9 MiB, authenticated`,
    ],
    [
      ['cp', '-r', 'oss://photos/bars/', 'fetched'],
      (name: string) => `oss://photos/bars/${name} -> fetched/${name}  2.9 MiB`,
    ],
  ] as const) {
    const { screen, code } = await run(...words);
    const lines = await seen(screen);
    expect(code).toBe(6);
    for (const name of ['a', 'c']) expect(lines).toContain(line(name));
    expect(lines.filter((text) => text.startsWith('oss-envelope: oss://photos/bars/b: '))).toHaveLength(1);
    expect(lines.slice(-3)).toEqual(['2 done, 1 failed.', 'Not done:', '  oss://photos/bars/b']);
    expect(lines.join('\n')).not.toMatch(/verified|fetched \d/);
  }
});

test('a key moves no cursor and fills in nothing while its bar is shown', async () => {
  const key = '\x1b]0;forged\x07{value}\u4e2d'.padEnd(90, 'x');
  expect((await place().run(['keygen', 'aes', 'hostile.key'])).code).toBe(0);
  const args = ['cp', '--secret-file', 'hostile.key', '-', `oss://photos/hostile/${key}`];
  expect((await place().run(args, { input: randomBytes(3_000_000) })).code).toBe(0);
  const { screen, code } = await onTerminal(place(), [
    ...['cp', '--secret-file', 'hostile.key', `oss://photos/hostile/${key}`, 'folder-of-hostile/'],
  ]);
  expect(code).toBe(2);
  await mkdir(place().path('folder-of-hostile'));
  const fetched = await onTerminal(place(), [
    ...['cp', '--secret-file', 'hostile.key', `oss://photos/hostile/${key}`, 'folder-of-hostile/'],
  ]);
  expect(fetched.code, fetched.screen).toBe(0);
  expect(fetched.screen).toMatch(/forged\\u0007\{value\}中x*… \[=*/);
  expect(screen + fetched.screen).not.toContain('\x1b]0;');
});

test('a program that is ended at once leaves a terminal that wraps lines and has a cursor', async () => {
  expect((await place().run(['keygen', 'aes', 'ended.key'])).code).toBe(0);
  const args = ['cp', '--secret-file', 'ended.key'];
  const put = await place().run([...args, '-', 'oss://photos/ended'], { input: randomBytes(3_000_000) });
  expect(put.code, put.err).toBe(0);
  const fault = place().oss.faults.add({
    kind: 'stall-response',
    afterBytes: 1_000_000,
    match: { operation: 'GetObject', key: 'ended' },
  });
  const { folder, node, program, environment } = place();
  const env = { ...environment, TERM: 'xterm-256color' } as Record<string, string>;
  const child = spawn(node, [program, ...args, 'oss://photos/ended', 'ended.copy'], {
    ...{ cols: 100, rows: 30, cwd: folder, env },
  });
  let screen = '';
  child.onData((data) => {
    const wasShown = screen.includes(' MiB ');
    screen += data;
    if (wasShown || !screen.includes(' MiB ')) return;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(child.pid, name);
  });
  const { exitCode } = await new Promise<{ exitCode: number }>((resolve) => child.onExit(resolve));
  fault.remove();
  expect(exitCode, screen).toBe(130);
  const terminal = new terminals.Terminal({ cols: 100, rows: 30, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(screen, resolve));
  expect(terminal.modes.wraparoundMode).toBe(true);
  expect(screen.lastIndexOf('\x1b[?25h')).toBeGreaterThan(screen.lastIndexOf('\x1b[?25l'));
  expect((await seen(screen)).join('\n')).not.toContain(' MiB ');
});
