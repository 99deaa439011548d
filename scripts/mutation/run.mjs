// `npm run mutation`: changes the sources in one place at a time, and counts how many changes the unit tests find.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { markdownTable } from '../../tests/bench/markdown-table.mjs';
import { writeBlock } from '../../tests/support/proof-page.mjs';
import { described, isSame, readSurvivors } from './survivors.mjs';
import { targets } from './targets.mjs';

const usage = `usage: npm run mutation -- TARGET... [--files PATTERN]... [--fresh | --last] [--write]

  TARGET           a package or one of its rooms: ${Object.keys(targets).join(', ')}
  --files PATTERN  only these files of it, such as packages/core/src/cipher/sealed.ts; there is no verdict then
  --fresh          tries every mutant again, not only those that a change since the last run concerns
  --last           runs nothing, and judges what the last run of the target found, by the list of survivors as it is now
  --concurrency N  mutants at a time, 1 by default
  --write          writes what came of it into docs/proof.md`;

const root = fileURLToPath(new URL('../..', import.meta.url));
const results = new URL('results.json', import.meta.url);

/** Takes the survivors out of what is known of earlier runs: Stryker does not see that a test became stronger, and could find them. */
async function forgetSurvivors(path) {
  if (!existsSync(path)) return;
  const known = JSON.parse(await readFile(path, 'utf8'));
  for (const file of Object.values(known.files)) {
    file.mutants = file.mutants.filter(({ status }) => status !== 'Survived');
  }
  await writeFile(path, JSON.stringify(known));
}

/** Runs Stryker over some files. @returns its report, in the schema of mutation-testing-elements */
async function mutate({ files, tests, leftOut }, { concurrency, isFresh, isLast, label }) {
  const folder = join('.cache', 'mutation');
  const report = join(folder, `${label}.report.json`);
  if (isLast) return JSON.parse(await readFile(join(root, report), 'utf8'));
  await mkdir(folder, { recursive: true });
  const incrementalFile = join(folder, `${label}.incremental.json`);
  await forgetSurvivors(incrementalFile);
  // Its workers take it from here.
  process.env.OSS_ENVELOPE_MUTATION_TESTS = JSON.stringify(tests);
  process.env.OSS_ENVELOPE_MUTATION_LEFT_OUT = leftOut?.source ?? '';
  process.env.OSS_ENVELOPE_TEST_SCALE = '0.02';
  await new Stryker({
    mutate: files,
    plugins: ['kept-worker', 'prose'].map((name) => join(root, `scripts/mutation/${name}.mjs`)),
    ignorers: ['prose'],
    testRunner: 'vitest-kept',
    vitest: { configFile: 'scripts/mutation/vitest.config.mjs', related: false },
    coverageAnalysis: 'perTest',
    // The copy needs packages, vectors and this folder.
    ignorePatterns: ['/.*', '/docs', '/examples', '/tests', '!/tests/vectors', 'dist', 'bench', '*.md'],
    disableTypeChecks: false,
    checkers: [],
    concurrency,
    incremental: true,
    incrementalFile,
    force: isFresh,
    tempDirName: join(folder, `copy-${label}`),
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: report },
    // Long, or a busy machine would make mutants time out that no test finds.
    timeoutMS: 15_000,
    timeoutFactor: 2,
    dryRunTimeoutMinutes: 10,
    allowConsoleColors: false,
    logLevel: 'warn',
  }).runMutationTest();
  return JSON.parse(await readFile(join(root, report), 'utf8'));
}

/** What became of the mutants of a report: how many, and those that nothing found. */
function summaryOf(report) {
  const counts = { Killed: 0, Timeout: 0, Survived: 0, NoCoverage: 0, RuntimeError: 0, Ignored: 0 };
  const alive = [];
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    for (const mutant of mutants) {
      counts[mutant.status]++;
      if (mutant.status === 'Survived' || mutant.status === 'NoCoverage') {
        const { line } = mutant.location.start;
        alive.push({ ...described(file, source, mutant), at: `${file}:${line}`, status: mutant.status });
      }
    }
  }
  return { counts, alive, files: Object.keys(report.files) };
}

const score = ({ Killed, Timeout, Survived, NoCoverage }) =>
  (100 * (Killed + Timeout)) / Math.max(1, Killed + Timeout + Survived + NoCoverage);

async function writeResults(found) {
  const all = { ...JSON.parse(await readFile(results, 'utf8')), ...found };
  const sorted = Object.fromEntries(
    Object.keys(targets).flatMap((name) => (all[name] ? [[name, all[name]]] : [])),
  );
  await writeFile(results, `${JSON.stringify(sorted, null, 2)}\n`);
  const table = markdownTable(
    ['target', 'mutants', 'killed', 'timed out', 'survived', 'explained', 'score, %', 'at least', 'date'],
    Object.entries(sorted).map(([name, row]) => [
      name,
      `${row.killed + row.timedOut + row.survived}`,
      `${row.killed}`,
      `${row.timedOut}`,
      `${row.survived}`,
      `${row.explained}`,
      row.score.toFixed(1),
      `${targets[name].least}`,
      row.date,
    ]),
  );
  const { version } = JSON.parse(
    await readFile(join(root, 'node_modules/@stryker-mutator/core/package.json'), 'utf8'),
  );
  await writeBlock('mutation', {
    table,
    lines: {
      en: `Stryker ${version}, with the runner of vitest.`,
      zh: `Stryker ${version}，使用 vitest 的运行器。`,
    },
  });
}

/** Writes the reasons of all survivors, those of one file and one reason together. */
async function writeReasons(survivors) {
  const numbers = new Map();
  for (const { file, reason } of survivors) {
    const place = JSON.stringify([file.replace('packages/', '').replace('/src/', ': '), reason]);
    numbers.set(place, (numbers.get(place) ?? 0) + 1);
  }
  const rows = [...numbers].map(([place, number]) => {
    const [file, reason] = JSON.parse(place);
    return [file, `${number}`, reason.replaceAll('|', '\\|')];
  });
  await writeBlock('survivors', {
    table: markdownTable(['place', 'changes', 'why no test finds them'], rows),
    lines: {
      en: `${survivors.length} changes have a reason.`,
      zh: `${survivors.length} 处改变有理由。`,
    },
  });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string', multiple: true, default: [] },
    fresh: { type: 'boolean', default: false },
    last: { type: 'boolean', default: false },
    concurrency: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const isOf = (name, given) =>
  name === given || `packages/${name}/`.startsWith(`packages/${basename(given)}/`);
const names = Object.keys(targets).filter((name) => positionals.some((given) => isOf(name, given)));
const isUnknown = (given) => !names.some((name) => isOf(name, given));
if (
  values.help ||
  names.length === 0 ||
  positionals.some(isUnknown) ||
  (values.files.length > 0 && names.length > 1)
) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}
process.chdir(root);
const survivors = await readSurvivors();
const complaints = [];
const found = {};
for (const name of names) {
  const isPart = values.files.length > 0;
  const target = { ...targets[name], ...(isPart && { files: values.files }) };
  const label = `${name.replace('/', '-')}${isPart ? '-part' : ''}`;
  const options = {
    concurrency: Number(values.concurrency),
    isFresh: values.fresh,
    isLast: values.last,
    label,
  };
  const { counts, alive, files } = summaryOf(await mutate(target, options));
  const unexplained = alive.filter((mutant) => !survivors.some((known) => isSame(known, mutant)));
  for (const { at, from, to, status } of unexplained) {
    console.log(
      `${at} ${status === 'NoCoverage' ? 'no test comes here' : 'survived'}\n  - ${from}\n  + ${to}`,
    );
  }
  console.log(
    `${name}: ${score(counts).toFixed(1)} %; ${counts.Killed} killed, ${counts.Timeout} timed out, ${alive.length} ` +
      `survived, of these ${unexplained.length} without a reason in scripts/mutation/survivors.json`,
  );
  if (isPart) continue;
  const { least } = target;
  if (score(counts) < least) complaints.push(`${name} must reach ${least} %.`);
  if (unexplained.length > 0)
    complaints.push(`Each survivor of ${name} needs a reason, or a test that finds it.`);
  for (const known of survivors.filter(({ file }) => files.includes(file))) {
    if (alive.some((mutant) => isSame(known, mutant))) continue;
    console.log(
      `${known.file}: no longer survives, so it needs no reason\n  - ${known.from}\n  + ${known.to}`,
    );
  }
  found[name] = {
    killed: counts.Killed,
    timedOut: counts.Timeout,
    survived: alive.length,
    explained: alive.length - unexplained.length,
    score: score(counts),
    date: new Date().toISOString().slice(0, 10),
  };
}
if (values.write) {
  await writeResults(found);
  await writeReasons(survivors);
}
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;
