// `npm run coverage`: which lines and branches of each package the tests reach, and whether they are fewer than before.
// usage: node scripts/coverage.mjs [--write] [ARGUMENTS OF VITEST]   --write writes the table into docs/proof.md
// By the provider v8 of vitest, since c8 cannot follow its workers to the sources.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from '../tests/bench/markdown-table.mjs';
import { writeBlock } from '../tests/support/proof-page.mjs';

/** A little below what is reached, in percent: fewer means that something new has no test. */
const fewest = {};

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const given = process.argv.slice(2);
const isWriting = given.includes('--write');
const filters = given.filter((argument) => argument !== '--write');
const vitest = join(
  dirname(createRequire(join(root, 'package.json')).resolve('vitest/package.json')),
  'vitest.mjs',
);
const scratch = mkdtempSync(join(tmpdir(), 'oss-envelope-coverage-'));
try {
  const { status } = spawnSync(
    process.execPath,
    [
      vitest,
      'run',
      '--reporter=dot',
      '--coverage.enabled',
      '--coverage.provider=v8',
      '--coverage.include=packages/*/src/**/*.ts',
      '--coverage.exclude=**/*.test.ts',
      '--coverage.reporter=json-summary',
      '--coverage.reportOnFailure',
      `--coverage.reportsDirectory=${scratch}`,
      ...filters,
    ],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) process.exitCode = status ?? 1;
  const sums = new Map();
  for (const [path, { lines, branches }] of Object.entries(
    JSON.parse(readFileSync(join(scratch, 'coverage-summary.json'), 'utf8')),
  )) {
    if (path === 'total') continue;
    const name = relative(root, path).split(sep)[1];
    const sum = sums.get(name) ?? { lines: [0, 0], branches: [0, 0] };
    for (const [kind, { covered, total }] of Object.entries({ lines, branches })) {
      sum[kind][0] += covered;
      sum[kind][1] += total;
    }
    sums.set(name, sum);
  }
  const percent = ([covered, total]) => (total === 0 ? 100 : (100 * covered) / total);
  const packages = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  const table = markdownTable(
    ['package', 'lines', 'lines, %', 'branches', 'branches, %'],
    packages.map(([name, { lines, branches }]) => [
      name,
      `${lines[1]}`,
      percent(lines).toFixed(1),
      `${branches[1]}`,
      percent(branches).toFixed(1),
    ]),
  );
  console.log(`\n${table}\n`);
  if (filters.length === 0) {
    for (const [name, least] of Object.entries(fewest)) {
      const found = sums.get(name);
      for (const kind of ['lines', 'branches']) {
        if (found !== undefined && percent(found[kind]) >= least[kind]) continue;
        console.error(
          `${name}: fewer ${kind} are reached than ${least[kind]} %. Write tests for what is new.`,
        );
        process.exitCode = 1;
      }
    }
  }
  if (isWriting) {
    await writeBlock('coverage', {
      table,
      lines: {
        en: filters.length === 0 ? 'By all tests.' : `By the tests of ${filters.join(', ')}.`,
        zh: filters.length === 0 ? '由所有测试。' : `由 ${filters.join('、')} 的测试。`,
      },
    });
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
