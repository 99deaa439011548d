// Runs every package's tests and the tests across packages, and sees to it that tests were run at all.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Fewer executed tests than this mean that some were lost. */
const leastTests = 200;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const vitest = join(
  dirname(createRequire(join(root, 'package.json')).resolve('vitest/package.json')),
  'vitest.mjs',
);
const scratch = mkdtempSync(join(tmpdir(), 'oss-envelope-test-'));
try {
  const report = join(scratch, 'report.json');
  const { status } = spawnSync(
    process.execPath,
    [
      vitest,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: 'inherit' },
  );
  const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, 'utf8'));
  const whole = process.argv.length === 2;
  if (whole && passed + failed < leastTests) {
    console.error(`Only ${passed + failed} tests were run; there are at least ${leastTests}.`);
    process.exitCode = 1;
  }
  console.log(`${passed} passed, ${failed} failed`);
  if (status !== 0) process.exitCode = status ?? 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
