import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { spawn } from '@lydell/node-pty';
import { expect, test } from 'vitest';
import { useWorkplace, type Workplace } from './program.js';

const place = useWorkplace();

/** Runs the program on a real terminal. `answer` is typed when the screen shows `prompt`. */
async function onTerminal(
  { folder, node, program, environment }: Workplace,
  args: readonly string[],
  typing?: { readonly prompt: string; readonly answer: string },
  more: NodeJS.ProcessEnv = {},
): Promise<{ readonly screen: string; readonly code: number }> {
  const env = { ...environment, TERM: 'xterm-256color', ...more } as Record<string, string>;
  const terminal = spawn(node, [program, ...args], { cols: 100, rows: 30, cwd: folder, env });
  let screen = '';
  let isTyped = false;
  terminal.onData((data) => {
    screen += data;
    if (typing !== undefined && !isTyped && screen.includes(typing.prompt)) {
      isTyped = true;
      terminal.write(`${typing.answer}\r`);
    }
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
