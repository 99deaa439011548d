import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readOssutilProfile } from './ossutil-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-ossutil-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['[profile dev]', 'Dev'],
  ['[Profile Dev]', 'dev'],
  ['[profile my.dev.hz]', 'my.dev.hz'],
  ['[my.dev]', 'my.dev'],
  ['[default] # of work', undefined],
  [' [profile my.dev] ; of work', 'my.dev'],
  ['[not.closed\n[default]', undefined],
  ['\ufeff[default]', undefined],
  ['\ufeff[Credentials]', undefined],
])('%j is the profile %j', async (title, name) => {
  const path = join(folder, 'settings');
  await writeFile(path, `${title}\r\naccessKeyID=id\r\naccessKeySecret=a.b\r\n[other.one]\r\nregion=x\r\n`);
  expect(await readOssutilProfile(path, name, true)).toEqual({ accessKeyId: 'id', accessKeySecret: 'a.b' });
});

it('a profile that stands on another names it in any case', async () => {
  const path = join(folder, 'settings');
  await writeFile(path, '[profile Base.1]\nregion=cn-hangzhou\n[profile p]\nsource_profile=base.1\n');
  expect(await readOssutilProfile(path, 'p', true)).toEqual({ region: 'cn-hangzhou' });
});

it('a title that is not closed changes no value below it', async () => {
  const path = join(folder, 'settings');
  await writeFile(path, '[default]\n[not.closed\nendpoint=oss.example.com\n[other]\n');
  expect(await readOssutilProfile(path, undefined, true)).toEqual({ endpoint: 'oss.example.com' });
});
