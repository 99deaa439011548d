// The attacker owns a folder that is used for a moment: plants links, pipes and files under names that will be used.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { EncryptedBucket } from '@oss-envelope/core';
import { fileCheckpoint, getToFile, putFile } from '@oss-envelope/core/node';
import { aesSecretInFile } from '@oss-envelope/provider-aes/node';
import { ageIdentityInFile } from '@oss-envelope/provider-age/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { rsaPair } from '@oss-envelope/test-kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const provider = rsaProvider(await rsaPair());
const content = randomBytes(500_000);
const precious = 'precious content that must survive';

let bucket: EncryptedBucket;
let shared: string;
let elsewhere: string;
beforeEach(async () => {
  bucket = new EncryptedBucket({ transport: transports[1]![1](world), provider, format: 'sealed' });
  await bucket.put('k', content);
  shared = join(world.folder, 'shared');
  await mkdir(shared);
  elsewhere = join(world.folder, 'elsewhere');
  await writeFile(elsewhere, precious, { mode: 0o600 });
});

const options = () => ({
  checkpoint: fileCheckpoint(join(world.folder, 'checkpoint')),
  partSizeBytes: 100_000,
  concurrency: 1,
});
/** A download that stops, and the name of the file that it left for the next attempt. */
async function stoppedDownload(target: string): Promise<string> {
  const fault = world.oss.faults.add({
    kind: 'status',
    status: 403,
    skip: 3,
    match: { operation: 'GetObject' },
  });
  await expect(getToFile(bucket, 'k', target, options())).rejects.toMatchObject({ status: 403 });
  fault.remove();
  const names = (await readdir(shared)).filter((name) => !name.endsWith('.lock'));
  expect(names).toHaveLength(1);
  return join(shared, names[0]!);
}
async function isUntouched(): Promise<void> {
  expect(await readFile(elsewhere, 'utf8')).toBe(precious);
  expect((await stat(elsewhere)).mode & 0o777).toBe(0o600);
}

describe('a download to a file', () => {
  it.each([{}, { concurrency: 2, partSizeBytes: 100_000 }])(
    'holds: replaces a link under its name, and not what the link leads to: %j',
    async (ways) => {
      const target = join(shared, 'target');
      await symlink(elsewhere, target);
      await getToFile(bucket, 'k', target, ways);
      expect((await lstat(target)).isSymbolicLink()).toBe(false);
      expect((await readFile(target)).equals(content)).toBe(true);
      await isUntouched();
    },
  );

  it('holds: gives the mode of what it replaces, so that nobody reads what only the owner could', async () => {
    const target = join(shared, 'target');
    await writeFile(target, 'old', { mode: 0o600 });
    await getToFile(bucket, 'k', target);
    expect((await stat(target)).mode & 0o777).toBe(0o600);
  });

  it('holds: is read by nobody who had opened the old file', async () => {
    const target = join(shared, 'target');
    await writeFile(target, 'old', { mode: 0o666 });
    const spy = await open(target, 'r');
    try {
      await getToFile(bucket, 'k', target);
      expect(await spy.readFile('utf8')).toBe('old');
    } finally {
      await spy.close();
    }
  });

  const plants: readonly (readonly [string, (name: string) => Promise<unknown>])[] = [
    ['a symbolic link', (name) => symlink(elsewhere, name)],
    ['a symbolic link to nowhere', (name) => symlink(join(shared, 'nowhere'), name)],
    ['a hard link', (name) => link(elsewhere, name)],
    ['a pipe', async (name) => execFileSync('mkfifo', ['-m', '600', name])],
  ];
  it.each(plants)(
    'holds: that goes on does not use %s under the name of its temporary file',
    async (what, plantAt) => {
      const target = join(shared, 'target');
      const temporary = await stoppedDownload(target);
      await rm(temporary);
      await plantAt(temporary);
      const ending = getToFile(bucket, 'k', target, options());
      if (what === 'a pipe') {
        // It never waits for the other end.
        await Promise.race([
          ending.catch(() => {}),
          new Promise((_, reject) => setTimeout(() => reject(new Error('it waits')), 10_000).unref()),
        ]);
      } else {
        await expect(ending).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', message: /Remove it/ });
      }
      await isUntouched();
      expect(await readdir(shared)).not.toContain('nowhere');
    },
  );

  it.each([0o666, 0o644])(
    'holds: that goes on leaves a file to those who could open it (mode %o), and begins another',
    async (mode) => {
      const target = join(shared, 'target');
      const temporary = await stoppedDownload(target);
      await chmod(temporary, mode);
      const spy = await open(temporary, 'r');
      try {
        const before = (await spy.readFile()).subarray(300_000);
        expect(before.some((byte) => byte !== 0)).toBe(false);
        await getToFile(bucket, 'k', target, options());
        expect((await readFile(target)).equals(content)).toBe(true);
        const seen = Buffer.alloc(content.length);
        await spy.read(seen, 0, seen.length, 0);
        expect(seen.subarray(300_000).some((byte) => byte !== 0)).toBe(false);
        expect((await spy.stat()).ino).not.toBe((await stat(target)).ino);
      } finally {
        await spy.close();
      }
    },
  );

  it('holds: that goes on does not trust bytes that were changed meanwhile', async () => {
    const target = join(shared, 'target');
    const temporary = await stoppedDownload(target);
    const begun = await readFile(temporary);
    begun[150_000]! ^= 1;
    await writeFile(temporary, begun);
    await getToFile(bucket, 'k', target, options());
    expect((await readFile(target)).equals(content)).toBe(true);
  });

  it('holds: its temporary file is for its owner alone, and has another name each time', async () => {
    const names = new Set<string>();
    for (let turn = 0; turn < 3; turn++) {
      // Whole, it gets the mode of other files a moment before it gets its name.
      world.oss.faults.add({
        kind: 'stall-response',
        afterBytes: 200_000,
        match: { operation: 'GetObject' },
      });
      const stop = new AbortController();
      const ending = getToFile(bucket, 'k', join(shared, 'target'), { signal: stop.signal });
      const ended = expect(ending).rejects.toThrow('seen enough');
      await expect.poll(() => readdir(shared)).toHaveLength(1);
      const [name = ''] = await readdir(shared);
      names.add(name);
      expect((await stat(join(shared, name))).mode & 0o777).toBe(0o600);
      stop.abort(new Error('seen enough'));
      await ended;
      expect(await readdir(shared)).toEqual([]);
    }
    expect(names.size).toBe(3);
  });
});

describe('a checkpoint', () => {
  const plants: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
    ['a symbolic link', (path) => symlink(elsewhere, path)],
    ['a hard link', (path) => link(elsewhere, path)],
    ['a file that others can write', (path) => writeFile(path, '').then(() => chmod(path, 0o622))],
    ['a file that others can read', (path) => writeFile(path, '').then(() => chmod(path, 0o644))],
  ];
  it.each(plants)('holds: in a file refuses %s', async (_, plantAt) => {
    const path = join(world.folder, 'checkpoint');
    await plantAt(path);
    const source = join(world.folder, 'source');
    await writeFile(source, content);
    const parts = { multipartThresholdBytes: 1, partSizeBytes: 114_688 };
    await expect(
      putFile(bucket, 'other', source, { ...parts, checkpoint: fileCheckpoint(path) }),
    ).rejects.toMatchObject({ name: 'InvalidArgumentError' });
    await isUntouched();
  });
});

describe('key files', () => {
  it.each([
    ['a secret', aesSecretInFile],
    ['an age identity', ageIdentityInFile],
  ] as const)('holds: %s that others can read, or that is a link, is refused', async (_, read) => {
    await chmod(shared, 0o700);
    const path = join(shared, 'key');
    await read(path, { create: true });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await read(path);
    await symlink(path, join(shared, 'link'));
    await expect(read(join(shared, 'link'))).rejects.toMatchObject({ code: 'ERR_MASTER_KEY' });
    for (const mode of [0o644, 0o660, 0o606]) {
      await chmod(path, mode);
      await expect(read(path)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY' });
    }
  });

  it('holds: a folder of keys that others can write is refused, and a mistyped one makes no pair', async () => {
    const folder = join(world.folder, 'keys');
    await rsaKeyPairInFolder({ folder, create: true, modulusBits: 2048 });
    await rsaKeyPairInFolder({ folder });
    await chmod(folder, 0o777);
    await expect(rsaKeyPairInFolder({ folder })).rejects.toMatchObject({ code: 'ERR_MASTER_KEY' });
    await expect(rsaKeyPairInFolder({ folder: `${folder}x` })).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
    });
    await expect(stat(`${folder}x`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
