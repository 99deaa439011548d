import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { transferCheckpoint } from './checkpoints.js';

test('each transfer has a checkpoint of its own, which is kept when there is something to go on with', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-checkpoints-'));
  try {
    const of = async (...parts: readonly string[]) => {
      const found = await transferCheckpoint(parts, { XDG_STATE_HOME: folder });
      if (found === undefined) throw new Error('There is no checkpoint.');
      return found;
    };
    const first = await of('https://one.example', 'file', 'oss://photos/a');
    expect(await first.isKept()).toBe(false);
    const journal = await first.store.open();
    await journal.append('{}');
    await journal.close();
    expect(await first.isKept()).toBe(true);
    expect(await (await of('https://one.example', 'file', 'oss://photos/a')).isKept()).toBe(true);
    for (const parts of [
      ['https://two.example', 'file', 'oss://photos/a'],
      ['https://one.example', 'oss://photos/a', 'file'],
      ['https://one.example', 'file', 'oss://photos/b'],
    ]) {
      expect(await (await of(...parts)).isKept(), parts.join(' ')).toBe(false);
    }
    expect(await readdir(join(folder, 'oss-envelope'))).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('there is none where the folder cannot be made or written to, and the transfer is none the worse', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-checkpoints-'));
  try {
    await writeFile(join(folder, 'file'), '');
    expect(await transferCheckpoint(['a'], { XDG_STATE_HOME: join(folder, 'file') })).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});
