import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPreferences } from './preferences.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-settings-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = async (settings: unknown): Promise<string> => {
  const path = join(folder, 'settings.json');
  await writeFile(path, typeof settings === 'string' ? settings : JSON.stringify(settings));
  return path;
};

test('paths count from the folder of the file; what is no path stays', async () => {
  const path = await write({
    key: 'a.pem',
    otherKeys: ['old/b.pem', 'kms:alias/old', { file: 'c.pem', description: { key: '2025' } }],
    recipients: ['age1abc', 'd.pem'],
  });
  expect(await readPreferences(path)).toEqual({
    key: join(folder, 'a.pem'),
    otherKeys: [
      join(folder, 'old/b.pem'),
      'kms:alias/old',
      { file: join(folder, 'c.pem'), description: { key: '2025' } },
    ],
    recipients: ['age1abc', join(folder, 'd.pem')],
  });
});

test.each(['{', '[]', { keyFolder: 5 }, { passphrase: 'x' }, { format: 'gcm' }])(
  'refuses %j',
  async (settings) => {
    await expect(readPreferences(await write(settings))).rejects.toThrow(/^The settings file/);
  },
);

test('a file that cannot be read is never taken for none', async () => {
  const path = join(folder, 'a folder');
  await mkdir(path);
  await expect(readPreferences(path)).rejects.toThrow('EISDIR');
});
