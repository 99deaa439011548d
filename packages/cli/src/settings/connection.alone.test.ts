import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// The package asks the network, which a test must not.
const made: unknown[][] = [];
class Client {
  constructor(...args: unknown[]) {
    made.push(args);
  }
  async getCredential(): Promise<object> {
    return { accessKeyId: 'a', accessKeySecret: 'b' };
  }
}
class Config {
  constructor(settings: object) {
    Object.assign(this, settings);
  }
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-'));
  made.length = 0;
  vi.resetModules();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each([
  ['as Node loads it', { default: { default: Client, Config }, 'module.exports': {} }],
  ['as a bundler does', { default: Client, Config }],
])('@alicloud/credentials, %s', (_, loaded) => {
  it.each([
    ['mode=EcsRamRole', [[{ type: 'ecs_ram_role' }]]],
    ['', [[]]],
  ])('by the lines %j of a profile', async (lines, expected) => {
    vi.doMock('@alicloud/credentials', () => loaded);
    const { connectionOf } = await import('./connection.js');
    const configFile = join(folder, 'settings');
    await writeFile(configFile, `[default]\nregion=cn-hangzhou\n${lines}\n`);
    const { credentials } = await connectionOf({ configFile }, {});
    expect(made).toEqual([]);
    expect(await (credentials as Client).getCredential()).toMatchObject({ accessKeyId: 'a' });
    expect(made).toEqual(expected);
  });
});
