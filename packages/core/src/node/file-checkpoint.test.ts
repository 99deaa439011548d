import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileCheckpoint } from './file-checkpoint.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  path = join(folder, 'journal');
});
afterEach(() => rm(folder, { recursive: true }));

const synced = ['{"first":1}', '{"second":2}'];
const unsynced = ['{"third":3}', '{"fourth":4}', '{"fifth":5}'];
const textOf = (records: readonly string[]): string => records.map((record) => `${record}\n`).join('');

async function recordsOf(bytes: Buffer): Promise<readonly string[]> {
  await writeFile(path, bytes, { mode: 0o600 });
  const journal = await fileCheckpoint(path).open();
  await journal.append('{"next":true}');
  await journal.close();
  expect(await readFile(path, 'utf8')).toBe(textOf([...journal.records, '{"next":true}']));
  return journal.records;
}

describe('after a power cut, a journal has what was synced, and of the rest whole records only', () => {
  const start = Buffer.byteLength(textOf(synced));
  const all = Buffer.from(textOf([...synced, ...unsynced]));

  it('when the end is missing', async () => {
    for (let end = start; end <= all.length; end++) {
      const records = await recordsOf(all.subarray(0, end));
      expect([...synced, ...unsynced].slice(0, records.length)).toEqual(records);
      expect(records.length).toBeGreaterThanOrEqual(synced.length);
    }
  });

  it('when any blocks are zeros', async () => {
    const blockBytes = 9;
    const blocks = Math.ceil((all.length - start) / blockBytes);
    for (let lost = 1; lost < 2 ** blocks; lost++) {
      const bytes = Buffer.from(all);
      for (let block = 0; block < blocks; block++) {
        const offset = start + block * blockBytes;
        if (lost & (1 << block)) bytes.fill(0, offset, Math.min(offset + blockBytes, bytes.length));
      }
      const records = await recordsOf(bytes);
      expect([...synced, ...unsynced].slice(0, records.length), `blocks ${lost.toString(2)}`).toEqual(
        records,
      );
      expect(records.length).toBeGreaterThanOrEqual(synced.length);
    }
  });

  it('when nothing was synced', async () => {
    expect(await recordsOf(Buffer.alloc(100))).toEqual([]);
    expect(await recordsOf(Buffer.from(`\0${textOf(unsynced)}`))).toEqual([]);
  });
});

describe('a journal in a file', () => {
  const refused = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' });

  it('is its owner\u2019s alone, and keeps others out while it is open', async () => {
    const store = fileCheckpoint(path);
    const journal = await store.open();
    expect(journal.records).toEqual([]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['journal', 'journal.lock']);
    await expect(store.open()).rejects.toThrow(expect.objectContaining({ code: 'ERR_CHECKPOINT' }));
    await journal.append('{"first":1}');
    await journal.close();
    expect(await readdir(folder)).toEqual(['journal']);
    const next = await store.open();
    // The lock is another\u2019s now.
    await journal.close();
    await expect(store.open()).rejects.toThrow(expect.objectContaining({ code: 'ERR_CHECKPOINT' }));
    expect(next.records).toEqual(['{"first":1}']);
    await next.close();
  });

  it('keeps the order of records that come at once, each once', async () => {
    const journal = await fileCheckpoint(path).open();
    const records = Array.from({ length: 20 }, (_, index) => `{"record":"\u00e9 ${index}"}`);
    await journal.append(records[0] as string);
    expect(await readFile(path, 'utf8')).toBe(textOf(records.slice(0, 1)));
    const rest = records.slice(1).map((record) => journal.append(record));
    // Closing waits for them.
    await journal.close();
    expect(await readFile(path, 'utf8')).toBe(textOf(records));
    await Promise.all(rest);
    const next = await fileCheckpoint(path).open();
    expect(next.records).toEqual(records);
    await next.close();
  });

  it('is gone when it has no records any more', async () => {
    const store = fileCheckpoint(path);
    await (await store.open()).close();
    expect(await readdir(folder)).toEqual([]);
    const journal = await store.open();
    const first = journal.append('{"first":1}');
    // Clearing comes after what was begun before.
    const cleared = journal.clear();
    await Promise.all([first, cleared]);
    expect(await readFile(path, 'utf8')).toBe('');
    await journal.append('{"second":2}');
    expect(await readFile(path, 'utf8')).toBe(textOf(synced.slice(1)));
    await journal.clear();
    await journal.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('with records of before is gone when it is cleared, and stays when it is not', async () => {
    await writeFile(path, textOf(synced), { mode: 0o600 });
    await (await fileCheckpoint(path).open()).close();
    expect(await readFile(path, 'utf8')).toBe(textOf(synced));
    const journal = await fileCheckpoint(path).open();
    await journal.clear();
    await journal.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is closed once: what others opened since is theirs', async () => {
    const journal = await fileCheckpoint(path).open();
    await journal.close();
    const other = await fileCheckpoint(path).open();
    await journal.close();
    await other.append('{"first":1}');
    await other.close();
    expect(await readFile(path, 'utf8')).toBe(textOf(synced.slice(0, 1)));
  });

  it('may have been removed by hand', async () => {
    const journal = await fileCheckpoint(path).open();
    await rm(path);
    await journal.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is refused, and let go, where others may touch it or it is a link', async () => {
    await writeFile(path, '');
    await chmod(path, 0o644);
    const target = join(folder, 'target');
    await writeFile(target, '', { mode: 0o600 });
    const link = join(folder, 'link');
    await symlink(target, link);
    for (const wrong of [path, link]) {
      for (const _ of [1, 2]) await expect(fileCheckpoint(wrong).open()).rejects.toThrow(refused);
    }
    expect((await readdir(folder)).sort()).toEqual(['journal', 'link', 'target']);
  });

  it('that is a pipe is not waited for', async () => {
    execFileSync('mkfifo', ['-m', '600', path]);
    for (const _ of [1, 2]) await expect(fileCheckpoint(path).open()).rejects.toThrow(/EAGAIN/);
    expect(await readdir(folder)).toEqual(['journal']);
  });

  it('that cannot be read is let go, and the error is the system\u2019s', async () => {
    await mkdir(path, { mode: 0o600 });
    for (const _ of [1, 2]) await expect(fileCheckpoint(path).open()).rejects.toThrow(/EISDIR/);
    const nowhere = join(folder, 'none', 'journal');
    await expect(fileCheckpoint(nowhere).open()).rejects.toMatchObject({ code: expect.any(String) });
    expect(await readdir(folder)).toEqual(['journal']);
  });
});
