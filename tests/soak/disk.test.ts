import {
  constants,
  mkdtemp,
  readdir,
  readFile as realReadFile,
  rm as realRm,
  stat as realStat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generator } from '../fuzz/mutation.mjs';
import { disk, link, open, readFile, rename, rm } from './disk.js';

const created = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
let folder: string;
const at = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulated-disk-'));
  await writeFile(at('old'), 'old content');
});
afterEach(async () => {
  disk.stop();
  await realRm(folder, { recursive: true });
});

const cutAfter = (afterChanges: number, onCut = (): void => {}) =>
  disk.start(folder, { kind: 'cut', afterChanges, onCut });
/** All that can be there after a power cut, by many choices of what is lost. */
async function remainsOf(work: () => Promise<void>, choices = 60): Promise<Set<string>> {
  const found = new Set<string>();
  for (let choice = 0; choice < choices; choice++) {
    await realRm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'simulated-disk-'));
    await writeFile(at('old'), 'old content');
    await cutAfter(Number.POSITIVE_INFINITY);
    await work();
    disk.cut();
    await disk.comeBack(generator(choice));
    const names = (await readdir(folder)).sort();
    const texts = await Promise.all(
      names.map(async (name) => `${name}=${await realReadFile(at(name), 'utf8')}`),
    );
    found.add(texts.join(' '));
  }
  return found;
}
/** Makes a file with the flags of core: created, to read and write. */
async function create(name: string, text: string, isSynced: boolean): Promise<void> {
  const file = await open(at(name), created, 0o600);
  try {
    await file.writeFile(text);
    if (isSynced) await file.sync();
  } finally {
    await file.close();
  }
}
async function syncFolder(): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}

describe('after a power cut', () => {
  it('a file that was synced, in a folder that was synced, is there', async () => {
    const found = await remainsOf(async () => {
      await create('new', 'text', true);
      await syncFolder();
    });
    expect(found).toEqual(new Set(['new=text old=old content']));
  });

  it('a name that was not synced may be gone; content that was not may be gone under its name', async () => {
    const unnamed = await remainsOf(() => create('new', 'text', true));
    expect(unnamed).toEqual(new Set(['new=text old=old content', 'old=old content']));
    const unsynced = await remainsOf(async () => {
      await create('new', 'text', false);
      await syncFolder();
    });
    expect(unsynced).toEqual(new Set(['new=text old=old content', 'new= old=old content']));
  });

  it('of what was written since a sync any blocks may be there, with zeros between', async () => {
    const found = await remainsOf(async () => {
      const file = await open(at('new'), created, 0o600);
      for (let block = 0; block < 3; block++)
        await file.write(Buffer.alloc(4096, `${block}`), 0, 4096, 4096 * block);
      await file.close();
      await syncFolder();
    }, 200);
    expect(found.size).toBe(8);
    const zeros = '\0'.repeat(4096);
    expect([...found]).toContain(`new=${zeros}${'1'.repeat(4096)} old=old content`);
  });

  it('a file that took the place of another one is there whole or not at all, if it was synced before', async () => {
    const replace = (isSynced: boolean) => async () => {
      await create('new', 'new content', isSynced);
      await rename(at('new'), at('old'));
    };
    const safe = ['new=new content old=old content', 'old=new content', 'old=old content'];
    expect(await remainsOf(replace(true))).toEqual(new Set(safe));
    // What a program that forgets the sync must expect.
    expect([...(await remainsOf(replace(false)))]).toContain('old=');
  });

  it('what was removed may be back, and a second name may be gone', async () => {
    const removed = await remainsOf(() => rm(at('old')));
    expect(removed).toEqual(new Set(['', 'old=old content']));
    const linked = await remainsOf(() => link(at('old'), at('second')));
    expect(linked).toEqual(new Set(['old=old content', 'old=old content second=old content']));
  });

  it('a file that nobody touched is the same file', async () => {
    const before = await realStat(at('old'));
    await cutAfter(Number.POSITIVE_INFINITY);
    await create('new', 'text', false);
    disk.cut();
    await disk.comeBack(generator(1));
    const after = await realStat(at('old'));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });
});

it('the power goes at the change that it is to go at, and then nothing works', async () => {
  for (let afterChanges = 0; afterChanges < 3; afterChanges++) {
    let cuts = 0;
    await cutAfter(afterChanges, () => cuts++);
    // To create, to write, to sync.
    await expect(create(`f${afterChanges}`, 'text', true)).rejects.toMatchObject({ code: 'EIO' });
    expect([cuts, disk.changes, disk.isStruck]).toEqual([1, afterChanges, true]);
    await expect(readFile(at('old'))).rejects.toMatchObject({ code: 'EIO' });
    await expect(rename(at('old'), at('other'))).rejects.toMatchObject({ code: 'EIO' });
    expect(cuts).toBe(1);
  }
});

describe('a full disk', () => {
  it('takes what still fits, and then nothing', async () => {
    await disk.start(folder, { kind: 'full', at: 'write', room: 10 });
    const file = await open(at('new'), created, 0o600);
    expect(await file.write(Buffer.from('12345678'))).toMatchObject({ bytesWritten: 8 });
    expect(disk.isStruck).toBe(false);
    expect(await file.write(Buffer.from('abcdefgh'))).toMatchObject({ bytesWritten: 2 });
    await expect(file.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(disk.isStruck).toBe(true);
    await file.close();
    expect(await realReadFile(at('new'), 'utf8')).toBe('12345678ab');
  });

  it('may show only when what was written is synced, or when a file is made', async () => {
    await disk.start(folder, { kind: 'full', at: 'sync', room: 5 });
    await expect(create('small', '1234', true)).resolves.toBeUndefined();
    await expect(create('large', '1234', true)).rejects.toMatchObject({ code: 'ENOSPC' });
    await disk.start(folder, { kind: 'full', at: 'create', room: 1 });
    await create('one', 'x', false);
    await expect(create('two', 'x', false)).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(link(at('one'), at('three'))).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});

it('other folders, and all when it is stopped, are as ever', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'simulated-disk-'));
  await cutAfter(0);
  const file = await open(join(elsewhere, 'f'), 'w');
  await file.writeFile('text');
  await file.close();
  await rm(elsewhere, { recursive: true });
  disk.stop();
  await create('new', 'text', true);
  expect(await readFile(at('new'), 'utf8')).toBe('text');
});
