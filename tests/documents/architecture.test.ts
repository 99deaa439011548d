import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { packages, rooms } from '../../scripts/architecture.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function foldersOf(path: string): Promise<string[]> {
  const entries = await readdir(`${root}${path}`, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

it('docs/architecture.md, the folders of core and the list that the linter holds name the same rooms', async () => {
  const page = await readFile(`${root}docs/architecture.md`, 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z]+)\/` +\| (.*?) +\|$/gm)].map(([, room, job]) => ({
    room,
    job,
  }));
  expect(rows).toEqual(rooms.core);
  expect(rows.map(({ room }) => room).sort()).toEqual((await foldersOf('packages/core/src')).sort());
});

it('the linter holds the imports of every package', async () => {
  expect(Object.keys(packages).sort()).toEqual((await foldersOf('packages')).sort());
});

it('docs/architecture.md names every package', async () => {
  const page = await readFile(`${root}docs/architecture.md`, 'utf8');
  for (const name of Object.keys(packages)) expect(page).toContain(name === 'core' ? 'packages/core' : name);
});

it('the linter knows every class of errors that instanceof must not ask for', async () => {
  const source = await readFile(`${root}packages/core/src/errors/errors.ts`, 'utf8');
  const classes = [...source.matchAll(/^export (?:abstract )?class (\w+)Error /gm)].map(([, name]) => name);
  const rule = await readFile(`${root}scripts/errors-by-code.grit`, 'utf8');
  expect(/\(\?:([\w|]+)\)Error"/.exec(rule)?.[1]?.split('|')).toEqual(classes.sort());
});
