import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MasterKeyError } from '../errors/errors.js';
import { checkKeyFolder, readKeyFile, stageKeyFile } from './key-file.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-key-file-'));
  file = join(folder, 'a.key');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('a key file shows its whole content at once, to its owner only, and leaves nothing beside it', async () => {
  const staged = await stageKeyFile(file, 'secret');
  expect(await readKeyFile(file, 'secret')).toBeUndefined();
  expect(await staged.place()).toBe(true);
  await staged.discard();
  expect(await readKeyFile(file, 'secret')).toBe('secret');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['a.key']);
});

it('a key file never replaces another: of several at once, one gets the name', async () => {
  const staged = await Promise.all(['a', 'b', 'c'].map((text) => stageKeyFile(file, text)));
  const placed = await Promise.all(staged.map((one) => one.place()));
  await Promise.all(staged.map((one) => one.discard()));
  expect(placed.filter(Boolean)).toHaveLength(1);
  expect(await readFile(file, 'utf8')).toBe(['a', 'b', 'c'][placed.indexOf(true)]);
  expect(await readdir(folder)).toEqual(['a.key']);
});

it('what cannot be staged leaves nothing, and is an error of the system', async () => {
  await expect(stageKeyFile(join(folder, 'none', 'a.key'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await readdir(folder)).toEqual([]);
});

it.each([
  ['secret', 0o600, true],
  ['secret', 0o400, true],
  ['secret', 0o640, false],
  ['secret', 0o604, false],
  ['public', 0o644, true],
  ['public', 0o664, false],
  ['public', 0o646, false],
] as const)('a %s file of mode %o', async (kind, mode, isRead) => {
  await writeFile(file, 'text');
  await chmod(file, mode);
  const reading = readKeyFile(file, kind);
  if (isRead) expect(await reading).toBe('text');
  else await expect(reading).rejects.toBeInstanceOf(MasterKeyError);
});

it('links, folders and long files are no keys', async () => {
  await writeFile(file, 'x'.repeat(64 * 1024 + 1), { mode: 0o600 });
  await expect(readKeyFile(file, 'secret')).rejects.toThrow(/too long/);
  await symlink(file, join(folder, 'link'));
  await expect(readKeyFile(join(folder, 'link'), 'secret')).rejects.toThrow(/symbolic link/);
  await mkdir(join(folder, 'deeper'));
  await expect(readKeyFile(join(folder, 'deeper'), 'secret')).rejects.toThrow(/no regular file/);
});

it('a folder is looked at before its files are', async () => {
  expect(await checkKeyFolder(folder)).toBe(true);
  expect(await checkKeyFolder(join(folder, 'none'))).toBe(false);
  await writeFile(file, '');
  await expect(checkKeyFolder(file)).rejects.toThrow(/no folder/);
  await chmod(folder, 0o777);
  await expect(checkKeyFolder(folder)).rejects.toThrow(/can be written by others/);
  await chmod(folder, 0o1777);
  expect(await checkKeyFolder(folder)).toBe(true);
});
