import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UsageError } from '../output/usage-error.js';
import { connectionOf } from './connection.js';

let folder: string;
let configFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-'));
  configFile = join(folder, 'settings');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keys = 'accessKeyID=id\naccessKeySecret=never shown\nregion=cn-hangzhou\n';
const by = async (lines: string, environment = {}) => {
  await writeFile(configFile, `[default]\n${keys}${lines}`);
  return connectionOf({ configFile }, environment);
};

it.each(['', 'mode=AK', 'mode=ststoken'])('takes the credentials of a file by %j', async (line) => {
  expect((await by(line)).credentialsFrom).toBe(configFile);
});

it('asks the machine alone for its role', async () => {
  expect((await by('mode=EcsRamRole')).credentialsFrom).toBe(
    `the role of this machine (mode=EcsRamRole in ${configFile})`,
  );
});

it.each(['RamRoleArn', 'OIDC', 'Process', 'Anonymous'])(
  'does not take somebody else for whom mode=%s would find',
  async (mode) => {
    const refused = by(`mode=${mode}\nroleArn=acs:ram::1:role/reader`);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(new RegExp(`mode=${mode}`));
    await expect(refused).rejects.not.toThrow(/never shown/);
    const own = { OSS_ACCESS_KEY_ID: 'a', OSS_ACCESS_KEY_SECRET: 'b' };
    expect((await by(`mode=${mode}`, own)).credentialsFrom).toMatch(/^OSS_ACCESS_KEY_ID/);
  },
);

it.each([
  ['accessKeyID=id', 'accessKeySecret'],
  ['accessKeySecret=never shown', 'accessKeyID'],
])('does not take somebody else for whom a file names by half: %s', async (line, missing) => {
  await writeFile(configFile, `[default]\nregion=cn-hangzhou\n${line}\n`);
  const refused = connectionOf({ configFile }, {});
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(`${missing} is missing`);
  await expect(refused).rejects.not.toThrow(/never shown/);
});
