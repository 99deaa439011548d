// The attacker cuts the power, at any instant: the disk forgets what was not synced.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generator } from '../fuzz/mutation.mjs';
import { simulatedDisk } from '../soak/simulated-disk.mjs';
import { importBundled } from '../support/bundled-module.mjs';

const program = new URL('../support/programs/core-on-simulated-disk.ts', import.meta.url);
const { disk, EncryptedBucket, fileCheckpoint, getToFile, MemoryTransport } = await importBundled<
  typeof import('../support/programs/core-on-simulated-disk.js')
>(program, [simulatedDisk]);

const provider = rsaProvider(await rsaPair());
const partSizeBytes = 114_688;
const formats = ['sealed', 'oss-crypto'] as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-'));
});
afterEach(async () => {
  disk.stop();
  await rm(folder, { recursive: true });
});

/**
 * Does a work again and again on an empty disk: the power goes before the first change of the disk, before the second,
 * and so on, until the work ends first. Then looks at what is there when the power is back, for several losses.
 *
 * @returns how often the power went
 */
async function cutEverywhere(
  prepare: () => Promise<void>,
  work: () => Promise<unknown>,
  look: (isDone: boolean) => Promise<void>,
  losses = 3,
): Promise<number> {
  let cuts = 0;
  for (let afterChanges = 0; ; afterChanges++) {
    let isDone = false;
    for (let loss = 0; loss < losses; loss++) {
      for (const name of await readdir(folder)) await rm(join(folder, name));
      await prepare();
      await disk.start(folder, { kind: 'cut', afterChanges, onCut: () => {} });
      await work().catch((error: unknown) => {
        if (!disk.isCut) throw error;
      });
      // A process without power has no results.
      isDone = !disk.isCut;
      cuts++;
      disk.cut();
      await disk.comeBack(generator(loss));
      // Who held the lock is gone.
      for (const name of await readdir(folder)) if (name.endsWith('.lock')) await rm(join(folder, name));
      await look(isDone);
    }
    if (isDone) return cuts;
  }
}

it('holds: what a checkpoint has taken is there whenever the power goes', async () => {
  const path = join(folder, 'checkpoint');
  const records = Array.from(
    { length: 6 },
    (_, index) => `{"record":${index},"x":"${'x'.repeat(index * 900)}"}`,
  );
  let taken = 0;
  const cuts = await cutEverywhere(
    async () => {
      taken = 0;
    },
    async () => {
      const journal = await fileCheckpoint(path).open();
      try {
        for (const record of records) {
          await journal.append(record);
          taken++;
        }
      } finally {
        await journal.close().catch(() => {});
      }
    },
    async () => {
      const journal = await fileCheckpoint(path).open();
      await journal.close();
      expect(journal.records.length).toBeGreaterThanOrEqual(taken);
      expect(journal.records).toEqual(records.slice(0, journal.records.length));
    },
  );
  expect(cuts).toBeGreaterThan(20);
});

describe.each(formats)('an upload in %s', (format) => {
  const one = randomBytes(3 * partSizeBytes);
  const two = Buffer.from(one);
  randomBytes(partSizeBytes).copy(two, partSizeBytes);

  it('holds: uses no keystream twice, though the content changed while the power was off', async () => {
    let transport = new MemoryTransport();
    let sent: { readonly partNumber: number; readonly body: Buffer }[] = [];
    const bucketOf = () => {
      const parts = transport.parts!;
      const put: typeof parts.put = (request) => {
        if (request.body.kind !== 'bytes') throw new Error('a part is in memory');
        sent.push({ partNumber: request.partNumber, body: Buffer.from(request.body.bytes) });
        return parts.put(request);
      };
      // Without CRC-64, which takes long here: parts have their MD5 as ETag.
      const { put: putObject, get, head, delete: remove } = transport;
      const memory = { put: putObject, get, head, delete: remove, parts: { ...parts, put } };
      return new EncryptedBucket({ transport: memory, provider, format });
    };
    const options = () => ({
      checkpoint: fileCheckpoint(join(folder, 'checkpoint')),
      partSizeBytes,
      concurrency: 1,
    });
    let again = 0;
    await cutEverywhere(
      async () => {
        transport = new MemoryTransport();
        transport.chunkBytes = 1_000_000;
        transport.before = () => disk.use();
        sent = [];
      },
      () => bucketOf().put('k', one, options()),
      async (isDone) => {
        if (isDone) return;
        const before = sent.length;
        await bucketOf().put('k', two, options());
        again += sent.length - before < 3 ? 1 : 0;
        const bodies = sent.filter(({ partNumber }) => partNumber === 2).map(({ body }) => body);
        // The header of a sealed body comes before its first part, and each chunk has a tag.
        const difference = xor(one, two).subarray(partSizeBytes, partSizeBytes + 16_384);
        for (const [index, a] of bodies.entries())
          for (const b of bodies.slice(index + 1))
            expect(xor(a, b).subarray(0, difference.length).equals(difference)).toBe(false);
        expect(Buffer.from(await (await bucketOf().get('k')).bytes()).equals(two)).toBe(true);
      },
      1,
    );
    // The test has seen uploads that went on where they were.
    expect(again).toBeGreaterThan(0);
  });

  it('cannot hold: parts of an upload whose checkpoint was lost stay in the bucket', async () => {
    const transport = new MemoryTransport();
    const bucket = new EncryptedBucket({ transport, provider, format });
    const put = () =>
      bucket.put('k', one, { checkpoint: fileCheckpoint(join(folder, 'checkpoint')), partSizeBytes });
    await disk.start(folder, { kind: 'cut', afterChanges: Number.POSITIVE_INFINITY, onCut: () => {} });
    transport.before = ({ operation }) => {
      if (operation === 'putPart') disk.cut();
      disk.use();
    };
    await expect(put()).rejects.toThrow();
    transport.before = () => {};
    await disk.comeBack(generator(0));
    for (const name of await readdir(folder)) await rm(join(folder, name));
    await put();
    expect(transport.uploads.size).toBe(1);
  });
});

it.each([
  ['in one request', () => ({})],
  ['in ranges', () => ({ partSizeBytes: 32_768, concurrency: 2 })],
  [
    'in ranges, with a checkpoint',
    () => ({
      partSizeBytes: 32_768,
      concurrency: 1,
      checkpoint: fileCheckpoint(join(folder, 'checkpoint')),
    }),
  ],
])('holds: a file has the old content or all of the new, downloaded %s', async (_, options) => {
  const transport = new MemoryTransport();
  transport.chunkBytes = 30_000;
  transport.crc64 = undefined;
  const bucket = new EncryptedBucket({ transport, provider, format: 'sealed' });
  const content = randomBytes(50_000);
  await bucket.put('k', content);
  const target = join(folder, 'target');
  const cuts = await cutEverywhere(
    () => writeFile(target, 'old'),
    () => getToFile(bucket, 'k', target, options()),
    async (isDone) => {
      const found = await readFile(target);
      const isNew = found.equals(content);
      expect(isNew || (!isDone && found.toString() === 'old'), `${found.length} bytes`).toBe(true);
      // And it can be finished.
      await getToFile(bucket, 'k', target, options());
      expect((await readFile(target)).equals(content)).toBe(true);
    },
    3,
  );
  expect(cuts).toBeGreaterThan(10);
});

function xor(a: Buffer, b: Buffer): Buffer {
  return a.map((byte, index) => byte ^ b[index]!) as Buffer;
}
