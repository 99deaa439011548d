import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aesProvider, generateAesSecret } from '../src/index.js';
import { aesSecretInFile } from '../src/node/index.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-aes-'));
  file = join(folder, 'photos.key');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe('the secret in a file', () => {
  it('is made once, for its owner only, with its folder', async () => {
    const deep = join(folder, 'keys', 'photos.key');
    const made = await aesSecretInFile(deep, { create: true });
    expect(await modeOf(deep)).toBe('600');
    expect(await modeOf(join(folder, 'keys'))).toBe('700');
    expect((await readFile(deep, 'utf8')).trim()).toBe(base64Of(made.bytes));
    expect((await aesSecretInFile(deep, { create: true })).bytes).toEqual(made.bytes);
    expect((await aesSecretInFile(deep)).bytes).toEqual(made.bytes);
    expect(await readdir(join(folder, 'keys'))).toEqual(['photos.key']);
    expect(aesProvider({ secret: made }).wraps.sealed).toBe('aes-256-gcm');
    expect(`${made} ${JSON.stringify(made)}`).not.toContain(base64Of(made.bytes).slice(0, 8));
  });

  it.each(['hex', 'base64', 'base64url'] as const)('is read in %s', async (form) => {
    const secret = Buffer.from(generateAesSecret(), 'base64');
    await writeFile(file, `${secret.toString(form)}\n`, { mode: 0o600 });
    expect(base64Of((await aesSecretInFile(file)).bytes)).toBe(secret.toString('base64'));
  });

  it('is an error where there is none, unless it is to be made', async () => {
    await expect(aesSecretInFile(file)).rejects.toThrow(/no secret .*photos\.key.*create: true/);
    await expect(aesSecretInFile(join(folder, 'none', 'x'))).rejects.toBeInstanceOf(MasterKeyError);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that is none is an error that names the file, shows nothing of it, and leaves it as it is', async () => {
    await writeFile(file, 'hunter2hunter2', { mode: 0o600 });
    const error: Error = await aesSecretInFile(file, { create: true }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(MasterKeyError);
    expect(error.message).toMatch(/photos\.key holds no secret: it must be 32 bytes/);
    expect(error.message).not.toContain('hunter2');
    expect(await readFile(file, 'utf8')).toBe('hunter2hunter2');
  });

  it('calls at once agree on one secret', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => aesSecretInFile(file, { create: true })));
    expect(new Set(made.map(({ bytes }) => base64Of(bytes))).size).toBe(1);
    expect(await readdir(folder)).toEqual(['photos.key']);
  });

  it.skipIf(process.getuid === undefined)('is refused where others can read or change it', async () => {
    await aesSecretInFile(file, { create: true });
    for (const mode of [0o644, 0o640, 0o620, 0o606]) {
      await chmod(file, mode);
      await expect(aesSecretInFile(file)).rejects.toThrow(/chmod 600/);
    }
    await chmod(file, 0o400);
    await aesSecretInFile(file);
    await chmod(folder, 0o777);
    await expect(aesSecretInFile(file)).rejects.toThrow(/can be written by others/);
  });

  it('is not read over a symbolic link, nor made in its place', async () => {
    await aesSecretInFile(file, { create: true });
    const link = join(folder, 'link');
    await symlink(file, link);
    await expect(aesSecretInFile(link)).rejects.toThrow(/symbolic link/);
    await expect(aesSecretInFile(link, { create: true })).rejects.toThrow(/symbolic link/);
  });

  it.each<[string, unknown, unknown, string]>([
    ['an empty path', '', {}, 'path'],
    ['a path that is no text', 7, {}, 'path'],
    ['an option that is not known', 'x', { crate: true }, 'options.crate'],
    ['create that is no boolean', 'x', { create: 'yes' }, 'create'],
  ])('refuses %s', async (_, path, options, argument) => {
    const call = aesSecretInFile(path as string, options as object);
    await expect(call).rejects.toBeInstanceOf(InvalidArgumentError);
    await expect(call).rejects.toMatchObject({ argument });
  });
});
