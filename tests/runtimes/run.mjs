// `npm run test:runtimes`: the conformance cases on every runtime, and the command line on Node 24 too. See docs/runtimes.md for what comes of it.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installChromium } from '../support/chromium.mjs';
import { runCommandLine } from './command-line.mjs';
import { installRuntimes } from './installation.mjs';
import { startWorld } from './local-world.mjs';
import { listRuntimes } from './runtimes.mjs';
import { formatSupportTable } from './support-table.mjs';
import { assertFilesStayOut, buildForWeb } from './web-build.mjs';

const usage = `usage: npm run test:runtimes -- [--write] [--only NAME]...

  --write      write docs/runtimes.md instead of comparing it
  --only NAME  run the runtimes whose name begins so, and compare no page; may be repeated`;

/** Fewer executed cases on a runtime than this mean that some were lost; the build for the web has more to try. */
const leastCases = { own: 640, web: 770 };

const page = fileURLToPath(new URL('../../docs/runtimes.md', import.meta.url));

function countsOf(results) {
  const sum = (kind) => Object.values(results).reduce((total, set) => total + set[kind].length, 0);
  return { passed: sum('passed'), refused: sum('refused'), failed: sum('failed'), excluded: sum('excluded') };
}

async function runRuntime(runtime, world, buildFolder) {
  const label = runtime.build === 'own' ? `${runtime.name}, its own build` : `${runtime.name}, web build`;
  const where = { ...world.where(label), ...runtime.traits, exclude: runtime.exclude };
  const startedMs = performance.now();
  world.reset();
  try {
    const results = await runtime.start(where, buildFolder);
    const counts = countsOf(results);
    const executed = counts.passed + counts.refused + counts.failed;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    const texts = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
    console.log(`${label.padEnd(38)} ${texts.join(', ')} (${seconds} s)`);
    for (const [set, { failed }] of Object.entries(results)) {
      for (const { name, error } of failed) console.log(`  failed: ${set}: ${name}\n    ${error}`);
    }
    const least = leastCases[runtime.build];
    if (executed < least) console.log(`  only ${executed} cases were run; there are at least ${least}`);
    return { runtime, results, isGood: counts.failed === 0 && executed >= least };
  } catch (error) {
    console.log(`${label.padEnd(38)} did not run\n  ${error.message}`);
    return { runtime, results: undefined, isGood: false };
  }
}

/** Two runtimes at a time, since one keeps one core busy, and the slowest, which are last, first; each lane has a world of its own. @returns in the given order */
async function runAll(runtimes, buildFolder) {
  const outcomes = [];
  const left = [...runtimes.entries()];
  const lane = async () => {
    const world = await startWorld(buildFolder);
    try {
      for (let next = left.pop(); next; next = left.pop()) {
        const [position, runtime] = next;
        outcomes[position] = await runRuntime(runtime, world, buildFolder);
      }
    } finally {
      await world.close();
    }
  };
  await Promise.all([lane(), lane()]);
  return outcomes;
}

/** Each exclusion once, with the number of runs that it was left out of. */
function printExclusions(outcomes) {
  const counts = new Map();
  for (const { results = {} } of outcomes) {
    for (const [set, { excluded }] of Object.entries(results)) {
      for (const { name, reason } of excluded) {
        const line = `${set}: ${name} (${reason})`;
        counts.set(line, (counts.get(line) ?? 0) + 1);
      }
    }
  }
  for (const [line, count] of counts) console.log(`not run, ${count} of ${outcomes.length}: ${line}`);
}

async function main() {
  const { values } = parseArgs({
    options: {
      write: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  await installRuntimes();
  installChromium();
  const buildFolder = await buildForWeb();
  await assertFilesStayOut();
  const all = listRuntimes(buildFolder);
  const chosen = all.filter(
    ({ name }) => values.only.length === 0 || values.only.some((start) => name.startsWith(start)),
  );
  if (chosen.length === 0) throw new Error(`There is no such runtime.\n\n${usage}`);
  const outcomes = await runAll(chosen, buildFolder);
  printExclusions(outcomes);
  if (outcomes.some(({ isGood }) => !isGood)) process.exitCode = 1;
  const isCommandLineGood = chosen.some(({ name }) => name === 'Node 24') ? runCommandLine('24') : true;
  if (!isCommandLineGood) process.exitCode = 1;
  if (chosen.length < all.length || outcomes.some(({ results }) => results === undefined)) return;
  const text = formatSupportTable(outcomes);
  if (values.write) await writeFile(page, text);
  else if ((await readFile(page, 'utf8').catch(() => '')) !== text) {
    console.error(
      'docs/runtimes.md is not what came of this run. Look at it after: npm run test:runtimes -- --write',
    );
    process.exitCode = 1;
  }
}

await main();
