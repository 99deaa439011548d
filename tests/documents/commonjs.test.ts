import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { expect, it } from 'vitest';
import { blocksOf } from './page-program.js';
import { readPage, root } from './pages.js';

const [service = '', tests = ''] = blocksOf(await readPage('docs/guide/commonjs-and-jest.md'), ['cjs']);

/** Runs a CommonJS program in Node as it is: over the built packages. */
async function run(program: string, options: readonly string[], env: object = {}): Promise<string> {
  const cache = join(root, 'tests', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'commonjs-'));
  try {
    const file = join(folder, 'page.cjs');
    await writeFile(file, program);
    const { stdout } = await promisify(execFile)(process.execPath, [...options, file], {
      env: { ...process.env, ...env },
    });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

it('the service of the page on CommonJS runs', async () => {
  const oss = await startOss({ buckets: ['photos'] });
  try {
    const program = service.replace(
      "endpoint: 'https://oss-cn-hangzhou.aliyuncs.com'",
      `endpoint: '${oss.endpoint}', region: 'cn-hangzhou'`,
    );
    const { accessKeyId, accessKeySecret } = defaultOssAccount;
    const env = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    };
    expect(await run(program, [], env)).toBe('seize the day\n');
  } finally {
    await oss.close();
  }
});

it('the tests of the page on Jest pass', async () => {
  // What Jest gives its tests, by the test runner of Node.
  const globals = `
const assert = require('node:assert');
const { before: beforeAll, after: afterAll, test } = require('node:test');
const expect = (value) => ({ toBe: (wanted) => assert.strictEqual(value, wanted) });
`;
  const report = await run(globals + tests, ['--test', '--test-reporter=tap'], {
    NODE_TEST_CONTEXT: undefined,
  });
  expect(report).toMatch(/^# pass 2$/m);
  expect(report).toMatch(/^# fail 0$/m);
});
