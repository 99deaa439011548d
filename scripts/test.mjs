// Runs tests, and sees to it that none of them were lost.
// usage: node scripts/test.mjs [FOLDER] [ARGUMENTS OF VITEST]   all of them, or those of one folder, as packages/core
//        node scripts/test.mjs --long [ARGUMENTS OF VITEST]     the long ones, the randomized ones as often as it is worth, and
//                                                               all rows of each matrix
//        node scripts/test.mjs --coverage [--write] [FOLDERS]   all of both, and what of each package they reach; with folders,
//                                                               as packages/core, the tests of `npm test` in them, and those
//                                                               packages alone
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coverageOptions, reportCoverage } from './coverage.mjs';

/** Fewer executed tests than this in a folder mean that some were lost there. A little below what `npm test` has. */
const fewest = {
  'packages/cli': 190,
  'packages/conformance': 550,
  'packages/core': 2250,
  'packages/crc64': 110,
  'packages/local-cloud': 555,
  'packages/jobs': 230,
  'packages/provider-aes': 105,
  'packages/provider-age': 215,
  'packages/provider-kms': 800,
  'packages/provider-rsa': 980,
  'packages/transport-fetch': 645,
  'packages/transport-node': 525,
  'tests/across': 560,
  'tests/attacks': 415,
  'tests/documents': 200,
  'tests/foreign': 127,
  // All of them are long.
  'tests/jobs': 0,
  'tests/fuzz': 25,
  'tests/soak': 65,
  // One where there is no browser.
  'tests/pages': 1,
  'tests/runtimes': 2,
};

/** Likewise, of the files that `npm test` leaves out. A browser is not everywhere, so those of pages are not here. */
const fewestLong = {
  'packages/cli': 88,
  'packages/conformance': 101,
  'packages/jobs': 33,
  'packages/local-cloud': 10,
  'packages/transport-fetch': 1,
  'packages/transport-node': 2,
  'tests/across': 9,
  'tests/attacks': 8,
  'tests/documents': 225,
  'tests/jobs': 9,
};

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A path from the root, as it is written everywhere. */
function fromRoot(path) {
  return relative(root, path).split(sep).join('/');
}

/** The test files that `npm test` leaves out, and those of which it does less, by `runs` or `inTurn` of test-kit. */
function longFiles() {
  const files = Object.keys(fewest)
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .map(({ name, parentPath }) => join(parentPath, name))
    .filter((path) => path.endsWith('.test.ts') && !path.includes(`${sep}node_modules${sep}`));
  const isLong = (path) =>
    path.endsWith('.long.test.ts') || /\b(runs|inTurn)\(/.test(readFileSync(path, 'utf8'));
  const found = files.filter(isLong).map(fromRoot);
  if (found.length === 0) throw new Error('No test file is long, or has runs() or inTurn() of test-kit.');
  return found;
}

/** How many tests of each file were run, by the report of vitest. */
function countByFile({ testResults }) {
  return testResults.map(({ name, assertionResults }) => ({
    path: fromRoot(name),
    count: assertionResults.filter(({ status }) => status === 'passed' || status === 'failed').length,
  }));
}

/** What is wrong with the numbers of tests that were run in folders or files, in words. */
function complaintsAbout(counts, least, kind = '') {
  return Object.entries(least).flatMap(([place, least]) => {
    const inPlace = counts.filter(({ path }) => path === place || path.startsWith(`${place}/`));
    const count = inPlace.reduce((sum, { count }) => sum + count, 0);
    return count < least
      ? [`Only ${count} ${kind}tests were run in ${place}; there are at least ${least}.`]
      : [];
  });
}

/** Of a folder the long files are counted apart from the others: either would hide that some of the other kind were lost. */
function lostTests(counts, { least, leastLong = {}, leastOfFiles = {} }) {
  const isLong = ({ path }) => path.endsWith('.long.test.ts');
  return [
    ...complaintsAbout(
      counts.filter((file) => !isLong(file)),
      least,
    ),
    ...complaintsAbout(counts.filter(isLong), leastLong, 'long '),
    ...complaintsAbout(counts, leastOfFiles),
  ];
}

const oneOfEach = (files) => Object.fromEntries(files.map((path) => [path, 1]));

/** What vitest is to run, and how many tests there must be where. Who gives filters of his own knows what is missed. */
function planOf([first, ...others]) {
  if (first === '--coverage') {
    const folders = others.filter((argument) => argument !== '--write');
    if (folders.length > 0) return { args: folders.map((folder) => `${folder}/`), least: {} };
    return {
      args: [],
      least: fewest,
      leastLong: fewestLong,
      leastOfFiles: oneOfEach(longFiles()),
      scale: process.env.OSS_ENVELOPE_TEST_SCALE ?? '1',
    };
  }
  if (first === '--long') {
    const all = longFiles();
    const [filter] = others;
    if (filter !== undefined && !filter.startsWith('-') && !all.some((path) => path.includes(filter)))
      throw new Error(`No long test has ${filter} in its path.`);
    // A filter is for these files too; other arguments are vitest's own.
    const filters = others.filter((argument) => all.some((path) => path.includes(argument)));
    const files =
      filters.length === 0 ? all : all.filter((path) => filters.some((filter) => path.includes(filter)));
    const options = others.filter((argument) => !filters.includes(argument));
    return {
      args: [...files, ...options],
      least: {},
      leastLong: others.length === 0 ? fewestLong : {},
      leastOfFiles: options.length === 0 ? oneOfEach(files) : {},
      scale: process.env.OSS_ENVELOPE_TEST_SCALE ?? '1',
    };
  }
  const scale = process.env.OSS_ENVELOPE_TEST_SCALE;
  if (first === undefined) return { args: [], least: fewest, scale };
  const folders = Object.entries(fewest).filter(
    ([folder]) => folder === first || folder.startsWith(`${first}/`),
  );
  if (folders.length === 0) return { args: [first, ...others], least: {}, scale };
  return {
    args: [`${first}/`, ...others],
    least: others.length === 0 ? Object.fromEntries(folders) : {},
    scale,
  };
}

const vitest = join(
  dirname(createRequire(join(root, 'package.json')).resolve('vitest/package.json')),
  'vitest.mjs',
);
const given = process.argv.slice(2);
const isCounting = given[0] === '--coverage';
const plan = planOf(given);
const { args, scale } = plan;
const scratch = mkdtempSync(join(tmpdir(), 'oss-envelope-test-'));
try {
  const report = join(scratch, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const counting = isCounting ? coverageOptions(join(scratch, 'coverage')) : [];
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...counting, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(scale !== undefined && { OSS_ENVELOPE_TEST_SCALE: scale }) },
  });
  if (status !== 0) process.exitCode = status ?? 1;
  if (!existsSync(report)) {
    console.error('Vitest ended before it reported what it ran. What it said is above.');
    process.exitCode ||= 1;
  } else {
    const results = JSON.parse(readFileSync(report, 'utf8'));
    const complaints = lostTests(countByFile(results), plan);
    for (const complaint of complaints) console.error(complaint);
    if (complaints.length > 0) {
      console.error(
        'Tests were lost. If they were taken out on purpose, lower the number in scripts/test.mjs.',
      );
      process.exitCode = 1;
    }
    if (isCounting) {
      const fewer = await reportCoverage(join(scratch, 'coverage'), {
        folders: args.map((folder) => folder.replace(/\/$/, '')),
        isWriting: given.includes('--write'),
      });
      for (const complaint of fewer) console.error(complaint);
      if (fewer.length > 0) process.exitCode = 1;
    }
    console.log(`${results.numPassedTests} passed, ${results.numFailedTests} failed`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
