import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../errors/errors.js';
import { TemporaryFile } from './temporary-file.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replacement-'));
  path = join(folder, 'target');
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);
/** The one file beside the target. */
async function temporary(): Promise<string> {
  const names = (await readdir(folder)).filter(
    (name) => !name.endsWith('.lock') && name !== 'target' && name !== 'other',
  );
  expect(names).toHaveLength(1);
  return join(folder, names[0] as string);
}
async function replace(text: string, mode?: number): Promise<void> {
  const file = await TemporaryFile.open(path);
  await file.handle.writeFile(text);
  await file.commit(mode);
}

describe('a replacement', () => {
  it("is its owner's alone until it takes the place of the target, which is untouched before", async () => {
    await writeFile(path, 'old', { mode: 0o644 });
    const file = await TemporaryFile.open(path);
    expect(await modeOf(await temporary())).toBe('600');
    await file.handle.writeFile('new');
    expect(await readFile(path, 'utf8')).toBe('old');
    await file.commit();
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['target']);
  });

  it.each([0o600, 0o640, 0o444, 0o755])('keeps the mode %i of the target', async (mode) => {
    await writeFile(path, 'old');
    await chmod(path, mode);
    await replace('new');
    expect(await modeOf(path)).toBe(mode.toString(8));
    await replace('newer', 0o611);
    expect(await modeOf(path)).toBe(mode.toString(8));
  });

  it('gives a new file the mode that is asked for, or that which the process gives', async () => {
    await replace('new');
    expect(await modeOf(path)).toBe((0o666 & ~process.umask()).toString(8));
    await rm(path);
    await replace('new', 0o600);
    expect(await modeOf(path)).toBe('600');
  });

  it('is gone when it is discarded, also when it could not take its place', async () => {
    const file = await TemporaryFile.open(path);
    await file.discard();
    await file.discard();
    expect(await readdir(folder)).toEqual([]);
    const other = await TemporaryFile.open(join(folder, 'gone'));
    await rm(folder, { recursive: true });
    await expect(other.commit()).rejects.toMatchObject({ code: 'ENOENT' });
    await other.discard();
    folder = await mkdtemp(join(tmpdir(), 'replacement-'));
  });

  it("is its owner's alone again when it is kept because it could not take its place", async () => {
    const full = Object.assign(new Error('no room'), { code: 'ENOSPC' });
    await writeFile(path, 'old', { mode: 0o644 });
    for (const step of ['sync', 'datasync'] as const) {
      const file = await TemporaryFile.open(path, { resumedBy: 'k' });
      file.handle[step] = () => Promise.reject(full);
      await file.handle.writeFile('half');
      await expect(file.commit()).rejects.toBe(full);
      await file.keep();
      expect(await modeOf(await temporary())).toBe('600');
    }
    // A folder has taken its place meanwhile.
    const late = await TemporaryFile.open(path, { resumedBy: 'k' });
    await rm(path);
    await mkdir(join(path, 'folder'), { recursive: true });
    await expect(late.commit()).rejects.toThrow();
    await late.keep();
    expect(await modeOf(await temporary())).toBe('600');
    await rm(path, { recursive: true });

    const again = await TemporaryFile.open(path, { resumedBy: 'k' });
    expect(await again.handle.readFile('utf8')).toBe('half');
    await again.commit(0o640);
    expect(await modeOf(path)).toBe('640');
    expect(await readdir(folder)).toEqual(['target']);
  });

  it("is its owner's alone while it is synced, if it is to be gone on with", async () => {
    const file = await TemporaryFile.open(path, { resumedBy: 'k' });
    const sync = file.handle.datasync.bind(file.handle);
    const modes: string[] = [];
    file.handle.datasync = async () => {
      modes.push(await modeOf(await temporary()));
      return sync();
    };
    await file.commit(0o644);
    expect(modes).toEqual(['600']);
    expect(await modeOf(path)).toBe('644');
  });

  it('claims a name that is free, and leaves a file that has it as it is', async () => {
    const files = await Promise.all(['first', 'second', 'third'].map(() => TemporaryFile.open(path)));
    await Promise.all(files.map((file, index) => file.handle.writeFile(`content ${index}`)));
    const claimed = await Promise.all(files.map((file) => file.claim()));
    expect(claimed.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(`content ${claimed.indexOf(true)}`);
    expect(await modeOf(path)).toBe('600');
    for (const file of files) await file.discard();
    expect(await readdir(folder)).toEqual(['target']);
    const late = await TemporaryFile.open(path);
    expect(await late.claim()).toBe(false);
    await late.discard();
    await expect(late.handle.stat()).rejects.toThrow();
  });

  it('does not claim a name whose folder is gone', async () => {
    const file = await TemporaryFile.open(path);
    await rm(folder, { recursive: true });
    await expect(file.claim()).rejects.toMatchObject({ code: 'ENOENT' });
    await file.discard();
    folder = await mkdtemp(join(tmpdir(), 'replacement-'));
  });

  it('has a name of its own each time, which nobody can know before', async () => {
    const files = await Promise.all([TemporaryFile.open(path), TemporaryFile.open(path)]);
    expect(await readdir(folder)).toHaveLength(2);
    for (const file of files) await file.discard();
  });

  it.each([237, 250, 255])('is of a target with a name of %i bytes', async (length) => {
    path = join(folder, 'n'.repeat(length));
    await replace('new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('replaces a symbolic link, and not what it leads to', async () => {
    const other = join(folder, 'other');
    await writeFile(other, 'precious');
    await symlink(other, path);
    await replace('new');
    expect(await readFile(other, 'utf8')).toBe('precious');
    expect(await readFile(path, 'utf8')).toBe('new');
  });
});

describe('a replacement that goes on', () => {
  const open = () => TemporaryFile.open(path, { resumedBy: 'key' });

  it('finds what an earlier attempt kept', async () => {
    const first = await open();
    await first.handle.writeFile('begun');
    await first.keep();
    const second = await open();
    expect(await second.handle.readFile('utf8')).toBe('begun');
    await second.commit();
    expect(await readFile(path, 'utf8')).toBe('begun');
    expect(await readdir(folder)).toEqual(['target']);
  });

  it('is another for another transfer and another target', async () => {
    const files = [
      await open(),
      await TemporaryFile.open(path, { resumedBy: 'other key' }),
      await TemporaryFile.open(join(folder, 'other'), { resumedBy: 'key' }),
    ];
    const names = (await readdir(folder)).filter((name) => !name.endsWith('.lock'));
    expect(names).toHaveLength(3);
    for (const file of files) await file.discard();
  });

  /** Plants something under the name that the next attempt looks for. */
  async function planted(plant: (name: string, other: string) => Promise<void>): Promise<string> {
    const other = join(folder, 'other');
    await writeFile(other, 'precious', { mode: 0o600 });
    const file = await open();
    const name = await temporary();
    await file.discard();
    await plant(name, other);
    return other;
  }

  it.each([
    ['a symbolic link', (name: string, other: string) => symlink(other, name)],
    ['a symbolic link to nowhere', (name: string) => symlink(join(folder, 'nowhere'), name)],
    ['a hard link', (name: string, other: string) => link(other, name)],
  ])('refuses %s under its name', async (_, plant) => {
    const other = await planted(plant);
    await expect(open()).rejects.toThrow(InvalidArgumentError);
    await expect(open()).rejects.toThrow(/Remove it/);
    expect(await readFile(other, 'utf8')).toBe('precious');
    expect(await readdir(folder)).not.toContain('nowhere');
  });

  it.each([0o644, 0o622])('replaces a file that others could open (mode %o)', async (mode) => {
    const other = await planted(async (name) => {
      await writeFile(name, 'planted');
      await chmod(name, mode);
    });
    const file = await open();
    expect(await file.handle.readFile('utf8')).toBe('');
    expect(await modeOf(await temporary())).toBe('600');
    await file.handle.writeFile('mine');
    await file.commit();
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect((await readdir(folder)).sort()).toEqual(['other', 'target']);
    expect(await readFile(other, 'utf8')).toBe('precious');
  });
});
