import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
  });
});
