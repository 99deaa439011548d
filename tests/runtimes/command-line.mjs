// The session of the command line, on a Node of another version than the one that runs the tests.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed } from './installation.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = join(
  dirname(createRequire(join(root, 'package.json')).resolve('vitest/package.json')),
  'vitest.mjs',
);

/** Fewer than this mean that some were lost. */
const leastTests = 85;

/** Runs every command of `@oss-envelope/cli` on a Node, as its own tests do. @returns whether all of it held */
export function runCommandLine(version) {
  const node = installed(`node-${version}`, 'bin', 'node');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', 'packages/cli/test/'], {
    cwd: root,
    encoding: 'utf8',
    // With the long tests, which most of them are; the bucket of many objects is a small one.
    env: { ...process.env, NO_COLOR: '1', OSS_ENVELOPE_TEST_NODE: node, OSS_ENVELOPE_TEST_SCALE: '0.01' },
  });
  const count = /Tests\s+.*?(\d+) passed/.exec(stdout)?.[1] ?? '0';
  console.log(`${`Node ${version}, the command line`.padEnd(38)} ${count} tests passed`);
  if (status !== 0 || Number(count) < leastTests) console.log(`${stdout}\n${stderr}`);
  return status === 0 && Number(count) >= leastTests;
}
