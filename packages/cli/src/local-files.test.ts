import { link, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isSameFile } from './local-files.js';

let folder: string;
const path = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-'));
  await Promise.all(['a', 'b'].map((name) => writeFile(path(name), 'x')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('two paths lead to one file by links, or by its own name', async () => {
  await symlink(path('a'), path('soft'));
  await link(path('a'), path('hard'));
  for (const name of ['a', 'soft', 'hard']) expect(await isSameFile(path('a'), path(name)), name).toBe(true);
  for (const name of ['b', 'none']) expect(await isSameFile(path('a'), path(name)), name).toBe(false);
  expect(await isSameFile(path('none'), path('none'))).toBe(false);
});
