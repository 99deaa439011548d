// Runs every package's tests and the tests across packages, and sees to it that none of them were lost.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Fewer executed tests than this in a folder mean that some were lost there. A little below what there are. */
const fewest = {
  'packages/conformance': 340,
  'packages/core': 200,
  'packages/crc64': 105,
  'packages/local-cloud': 380,
  'packages/provider-aes': 85,
  'packages/provider-age': 140,
  'packages/provider-kms': 600,
  'packages/provider-rsa': 270,
  'packages/transport-fetch': 470,
  'packages/transport-node': 380,
  'tests/across': 216,
  'tests/documents': 11,
  'tests/foreign': 125,
  'tests/pages': 1,
  'tests/runtimes': 2,
};

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** How many tests of each folder were run, by the report of vitest. */
function countByFolder({ testResults }) {
  const counts = Object.fromEntries(Object.keys(fewest).map((folder) => [folder, 0]));
  for (const { name, assertionResults } of testResults) {
    const path = relative(root, name).split(sep).join('/');
    const folder = Object.keys(fewest).find((folder) => path.startsWith(`${folder}/`)) ?? 'elsewhere';
    const run = assertionResults.filter(({ status }) => status === 'passed' || status === 'failed');
    counts[folder] = (counts[folder] ?? 0) + run.length;
  }
  return counts;
}

/** What is wrong with the counts, in words. */
function complaintsAbout(counts) {
  return Object.entries(fewest)
    .filter(([folder, least]) => counts[folder] < least)
    .map(
      ([folder, least]) => `Only ${counts[folder]} tests were run in ${folder}; there are at least ${least}.`,
    );
}

const vitest = join(
  dirname(createRequire(join(root, 'package.json')).resolve('vitest/package.json')),
  'vitest.mjs',
);
const scratch = mkdtempSync(join(tmpdir(), 'oss-envelope-test-'));
try {
  const report = join(scratch, 'report.json');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = spawnSync(process.execPath, [vitest, ...args, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = status ?? 1;
  if (!existsSync(report)) {
    console.error('Vitest ended before it reported what it ran. What it said is above.');
    process.exitCode ||= 1;
  } else {
    const results = JSON.parse(readFileSync(report, 'utf8'));
    // Only a run of everything can miss something.
    const complaints = process.argv.length === 2 ? complaintsAbout(countByFolder(results)) : [];
    for (const complaint of complaints) console.error(complaint);
    if (complaints.length > 0) {
      console.error(
        'Tests were lost. If they were taken out on purpose, lower the number in scripts/test.mjs.',
      );
      process.exitCode = 1;
    }
    console.log(`${results.numPassedTests} passed, ${results.numFailedTests} failed`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
