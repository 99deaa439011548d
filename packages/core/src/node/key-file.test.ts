import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MasterKeyError } from '../errors/errors.js';
import { checkKeyFolder, readKeyFile, secretFileText } from './key-file.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-key-file-'));
  file = join(folder, 'a.key');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('a secret is made once, for its owner only, with its folder, and leaves nothing beside it', async () => {
  const deep = join(folder, 'keys', 'a.key');
  expect(await secretFileText(deep, undefined)).toBeUndefined();
  expect(await secretFileText(deep, () => 'secret')).toBe('secret');
  expect(await secretFileText(deep, () => 'other')).toBe('secret');
  expect(await secretFileText(deep, undefined)).toBe('secret');
  expect((await stat(deep)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'keys'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(folder, 'keys'))).toEqual(['a.key']);
});

it('of several that make a secret at once, all get the same', async () => {
  const texts = await Promise.all(['a', 'b', 'c'].map((text) => secretFileText(file, async () => text)));
  expect(new Set(texts).size).toBe(1);
  expect(await readFile(file, 'utf8')).toBe(texts[0]);
  expect(await readdir(folder)).toEqual(['a.key']);
});

it('a secret that another process made meanwhile stays', async () => {
  const make = async () => {
    await writeFile(file, 'theirs', { mode: 0o600 });
    return 'ours';
  };
  expect(await secretFileText(file, make)).toBe('theirs');
  expect(await readdir(folder)).toEqual(['a.key']);
});

it('a secret that cannot be made leaves nothing', async () => {
  const failure = new Error('no entropy');
  await expect(secretFileText(file, () => Promise.reject(failure))).rejects.toBe(failure);
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
