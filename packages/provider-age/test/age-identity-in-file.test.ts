import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ageProvider, generateAgeIdentity } from '../src/index.js';
import { ageIdentityInFile } from '../src/node/index.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-age-'));
  file = join(folder, 'photos.agekey');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the identity in a file', () => {
  it('is made once, for its owner only, post-quantum, as age-keygen writes it', async () => {
    const deep = join(folder, 'keys', 'photos.agekey');
    const made = await ageIdentityInFile(deep, { create: true });
    expect((await stat(deep)).mode & 0o777).toBe(0o600);
    const text = await readFile(deep, 'utf8');
    expect(text).toMatch(
      /^# created: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n# public key: age1pq1\S+\nAGE-SECRET-KEY-PQ-1[A-Z0-9]+\n$/,
    );
    expect(text).toContain(`# public key: ${made.recipients[0]}\n`);
    expect(await ageIdentityInFile(deep)).toEqual(made);
    expect(await ageIdentityInFile(deep, { create: true, kind: 'x25519' })).toEqual(made);
    expect(await readdir(join(folder, 'keys'))).toEqual(['photos.agekey']);
  });

  it.each([
    ['hybrid', /^age1pq1/],
    ['x25519', /^age1(?!pq1)/],
  ] as const)('is of the kind that is asked for: %s', async (kind, like) => {
    const { recipients } = await ageIdentityInFile(file, { create: true, kind });
    expect(recipients).toEqual([expect.stringMatching(like)]);
  });

  it('is what ageProvider takes', async () => {
    const provider = ageProvider(await ageIdentityInFile(file, { create: true, kind: 'x25519' }));
    const { key, wrappedKey } = await provider.wrapKey({ format: 'sealed' });
    const opened = await provider.unwrapKey({ format: 'sealed', wrapAlgorithm: 'age', wrappedKey });
    expect(opened.key.bytes).toEqual(key.bytes);
  });

  it('is not shown', async () => {
    const made = await ageIdentityInFile(file, { create: true, kind: 'x25519' });
    expect(`${inspect(made)}${JSON.stringify(made)}`).not.toContain('AGE-SECRET');
    const shown = { identities: '[redacted]', recipients: made.recipients };
    expect(JSON.parse(JSON.stringify(made))).toEqual(shown);
    expect(inspect(made)).toBe(inspect(shown));
  });

  it('is an error where there is none, where it is none, and where others can read it', async () => {
    await expect(ageIdentityInFile(file)).rejects.toThrow(/no identity .*photos\.agekey.*create: true/);
    const { recipient } = await generateAgeIdentity({ kind: 'x25519' });
    await writeFile(file, `${recipient}\n`, { mode: 0o600 });
    await expect(ageIdentityInFile(file, { create: true })).rejects.toThrow(
      /photos\.agekey is no file of age identities: it has in line 1 what is a recipient/,
    );
    await chmod(file, 0o644);
    await expect(ageIdentityInFile(file)).rejects.toThrow(/chmod 600/);
    await symlink(file, join(folder, 'link'));
    await expect(ageIdentityInFile(join(folder, 'link'), { create: true })).rejects.toBeInstanceOf(
      MasterKeyError,
    );
    expect(await readFile(file, 'utf8')).toBe(`${recipient}\n`);
  });

  it('calls at once agree on one identity', async () => {
    const made = await Promise.all(
      Array.from({ length: 6 }, () => ageIdentityInFile(file, { create: true })),
    );
    expect(new Set(made.map(({ identities }) => identities)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['photos.agekey']);
  });

  it.each<[string, unknown, unknown, string]>([
    ['an empty path', '', {}, 'path'],
    ['an option that is not known', 'x', { crate: true }, 'options.crate'],
    ['another kind', 'x', { kind: 'rsa' }, 'kind'],
    ['a word for yes', 'x', { create: 'yes' }, 'create'],
    ['no options', 'x', null, 'options'],
  ])('refuses %s', async (_, path, options, argument) => {
    const call = ageIdentityInFile(path as string, options as object);
    await expect(call).rejects.toBeInstanceOf(InvalidArgumentError);
    await expect(call).rejects.toMatchObject({ argument });
  });
});
