import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CheckpointJournal } from '../contract/checkpoint-store.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import { UploadCheckpoint } from '../writing/upload-checkpoint.js';
import { DownloadCheckpoint } from './download-checkpoint.js';
import { fileCheckpoint } from './file-checkpoint.js';

/** What was asked of the files that were opened. Counted, since time says nothing on a busy machine. */
const asked = vi.hoisted(() => ({ calls: 0, writtenBytes: 0, syncs: 0, cuts: 0 }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const counted = (handle: FileHandle): FileHandle =>
    new Proxy(handle, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          asked.calls++;
          if (name === 'write') asked.writtenBytes += Number(args[2]);
          if (name === 'truncate') asked.cuts++;
          // Ten thousand of them take long, and show nothing here.
          if (name === 'datasync') return void asked.syncs++;
          return value.apply(target, args);
        };
      },
    });
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => counted(await real.open(...args)),
  };
});

const most = 10_000;
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  path = join(folder, 'journal');
});
afterEach(() => rm(folder, { recursive: true }));

async function costOf(work: () => Promise<void>): Promise<typeof asked> {
  const before = { ...asked };
  await work();
  return {
    calls: asked.calls - before.calls,
    writtenBytes: asked.writtenBytes - before.writtenBytes,
    syncs: asked.syncs - before.syncs,
    cuts: asked.cuts - before.cuts,
  };
}

type Step = (index: number) => Promise<unknown>;
const transfers: [string, (journal: CheckpointJournal) => Promise<Step>][] = [
  [
    'an upload',
    async (journal) => {
      const checkpoint = await UploadCheckpoint.begin(
        journal,
        { key: 'k', uploadId: 'u', headers: {}, sizeBytes: 1, partSizeBytes: 1, source: '' },
        {
          contentKey: { dataKey: new Uint8Array(32), counterBlock: new Uint8Array(16) },
          ownSecret: new SecretBytes(new Uint8Array(32)),
        },
      );
      return (index) => checkpoint.record(index + 1, Uint8Array.of(index, index >> 8));
    },
  ],
  [
    'a download',
    async (journal) => {
      const object = { key: 'k', sizeBytes: most, etag: '"e"' } as never;
      const checkpoint = await DownloadCheckpoint.open(journal, object, 1);
      return (index) => checkpoint.complete(index, '18446744073709551615');
    },
  ],
];

describe.each(transfers)('a checkpoint of %s in a file', (_, begin) => {
  it('costs for the last of 10,000 parts what it costs for the first', async () => {
    const journal = await fileCheckpoint(path).open();
    const step = await begin(journal);
    const startBytes = (await stat(path)).size;
    const first = await costOf(() => step(0) as Promise<void>);
    const all = await costOf(async () => {
      for (let index = 1; index < most; index++) await step(index);
    });
    const last = await costOf(() => step(most) as Promise<void>);
    // One write and one sync for each part; its number has a few more digits in the end.
    expect(first).toMatchObject({ calls: 2, syncs: 1, cuts: 0 });
    expect(last).toMatchObject({ calls: 2, syncs: 1, cuts: 0 });
    expect(last.writtenBytes - first.writtenBytes).toBeLessThanOrEqual(String(most + 1).length);
    expect(all).toMatchObject({ calls: 2 * (most - 1), syncs: most - 1, cuts: 0 });
    // Each byte of the file was written once.
    const sizeBytes = first.writtenBytes + all.writtenBytes + last.writtenBytes;
    expect((await stat(path)).size - startBytes).toBe(sizeBytes);
    await journal.close();
    expect((await readFile(path, 'utf8')).trimEnd().split('\n')).toHaveLength(1 + most + 1);
  });

  it('costs less for each of many at once, which share writes and syncs', async () => {
    const journal = await fileCheckpoint(path).open();
    const step = await begin(journal);
    const { calls, syncs } = await costOf(async () => {
      await Promise.all(Array.from({ length: 1000 }, (_, index) => step(index)));
    });
    expect(syncs).toBeLessThan(1000);
    expect(calls).toBe(2 * syncs);
    await journal.close();
  });
});
