// Which lines and branches of each package the tests reach, and whether they are fewer than before. By the provider v8 of
// vitest, since c8 cannot follow its workers to the sources.
import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from '../tests/bench/markdown-table.mjs';
import { writeBlock } from '../tests/support/proof-page.mjs';

/**
 * A little below what all tests reach, in percent: fewer means that something new has no test. The command line and the
 * workers of jobs are tried as processes of their own, which are not counted.
 */
const fewest = {
  conformance: { lines: 98, branches: 87 },
  core: { lines: 98.5, branches: 96.5 },
  crc64: { lines: 99, branches: 94 },
  jobs: { lines: 93, branches: 83 },
  'local-cloud': { lines: 96, branches: 90 },
  'provider-aes': { lines: 99.5, branches: 97 },
  'provider-age': { lines: 99.5, branches: 98.5 },
  'provider-kms': { lines: 99, branches: 97 },
  'provider-rsa': { lines: 98, branches: 96 },
  'transport-fetch': { lines: 99, branches: 97.5 },
  'transport-node': { lines: 98.5, branches: 94 },
};

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What vitest is told, so that it counts. */
export const coverageOptions = (folder) => [
  '--coverage.enabled',
  '--coverage.provider=v8',
  '--coverage.include=packages/*/src/**/*.ts',
  '--coverage.exclude=**/*.test.ts',
  '--coverage.reporter=json-summary',
  '--coverage.reportOnFailure',
  `--coverage.reportsDirectory=${folder}`,
];

/** Covered and all, of lines and of branches, for each package, or for those of some folders. */
function sumsOf(folder, folders) {
  const summary = JSON.parse(readFileSync(join(folder, 'coverage-summary.json'), 'utf8'));
  const sums = new Map();
  for (const [path, { lines, branches }] of Object.entries(summary)) {
    if (path === 'total') continue;
    const name = relative(root, path).split(sep)[1];
    if (folders.length > 0 && !folders.includes(`packages/${name}`)) continue;
    const sum = sums.get(name) ?? { lines: [0, 0], branches: [0, 0] };
    for (const [kind, { covered, total }] of Object.entries({ lines, branches })) {
      sum[kind][0] += covered;
      sum[kind][1] += total;
    }
    sums.set(name, sum);
  }
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const percent = ([covered, total]) => (total === 0 ? 100 : (100 * covered) / total);

/**
 * Prints the table.
 *
 * @param folders the packages that were asked for, as packages/core; none for all
 * @returns what is covered less than before, in words
 */
export async function reportCoverage(folder, { folders, isWriting }) {
  const sums = sumsOf(folder, folders);
  const table = markdownTable(
    ['package', 'lines', 'reached, %', 'branches', 'taken, %'],
    [...sums].map(([name, { lines, branches }]) => [
      name,
      `${lines[1]}`,
      percent(lines).toFixed(1),
      `${branches[1]}`,
      percent(branches).toFixed(1),
    ]),
  );
  console.log(`\n${table}\n`);
  if (isWriting) {
    const lines =
      folders.length === 0
        ? { en: 'By all tests.', zh: '由所有测试。' }
        : {
            en: 'Of each package by the tests of these alone, not of all.',
            zh: '仅由这些软件包自己的测试，不是全部测试。',
          };
    await writeBlock('coverage', { table, lines });
  }
  // The least values are of all tests.
  if (folders.length > 0) return [];
  const complaints = [];
  for (const [name, least] of Object.entries(fewest)) {
    const found = sums.get(name);
    for (const kind of ['lines', 'branches']) {
      if (found !== undefined && percent(found[kind]) >= least[kind]) continue;
      complaints.push(`Fewer than ${least[kind]} % of the ${kind} of ${name} are reached.`);
    }
  }
  return complaints;
}
