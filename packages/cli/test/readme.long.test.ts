import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { useWorkplace } from './program.js';

const place = useWorkplace();
const run = promisify(execFile);

interface Step {
  readonly command: string;
  readonly output: readonly string[];
}

/** The commands of the page's sessions, each with what it prints. */
function stepsOf(page: string): readonly Step[] {
  const steps: { command: string; output: string[] }[] = [];
  for (const [, block] of page.matchAll(/^```console\n([\s\S]*?)^```/gm)) {
    for (const line of (block as string).trimEnd().split('\n')) {
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [] });
      else steps.at(-1)?.output.push(line);
    }
  }
  return steps;
}

/** Whether a line is as the page has it; `…` stands for anything. */
function pattern(line: string): RegExp {
  return new RegExp(
    `^${line
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
}

test('the session of the README runs as it is printed', { timeout: 120_000 }, async () => {
  const steps = stepsOf(await readFile(resolve(import.meta.dirname, '../README.md'), 'utf8'));
  expect(steps.length).toBeGreaterThan(8);
  const bin = place().path('bin');
  await mkdir(bin);
  await symlink(place().program, resolve(bin, 'oss-envelope'));
  await symlink(place().node, resolve(bin, 'node'));
  const env = { ...place().environment, PATH: `${bin}:${process.env.PATH}` };
  for (const { command, output } of steps) {
    const { stdout } = await run('bash', ['-c', `{ ${command}; } 2>&1`], { cwd: place().folder, env });
    const lines = stdout === '' ? [] : stdout.trimEnd().split('\n');
    expect(lines, command).toHaveLength(output.length);
    for (const [index, expected] of output.entries())
      expect(lines[index], command).toMatch(pattern(expected));
  }
});
